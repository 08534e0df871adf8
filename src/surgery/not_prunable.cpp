#include "surgery/not_prunable.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "base/text/numbers.h"
#include "graph/op.h"

namespace espalier::surgery {
namespace {

bool is_float(DType dtype) {
    return dtype == DType::f32 || dtype == DType::f64 || dtype == DType::f16 || dtype == DType::bf16;
}

/// A vector, whatever dimensions of one stand around it.
bool is_vector(const Tensor& tensor) {
    return std::ranges::count_if(tensor.shape(), [](std::int64_t size) { return size != 1; }) <= 1;
}

std::string kind_of(const Node& node, std::size_t input, const Tensor& tensor) {
    const Operator* op = ops().find(node.op);
    if (op != nullptr && std::ranges::find(op->buffers, input) != op->buffers.end())
        return "running statistics";
    const bool is_setting = op != nullptr && std::ranges::find(op->settings, input) != op->settings.end();
    if (!is_float(tensor.dtype()) || tensor.count() == 1 || is_setting) return "constant";
    for (const ParameterRole& role : op == nullptr ? std::span<const ParameterRole>() : op->roles) {
        if (role.first <= input && input <= role.last) return std::string(role.kind);
    }
    if (node.op == "Add" && is_vector(tensor)) return "bias";
    if (op != nullptr && op->weight_input == static_cast<int>(input) && tensor.dtype() != DType::f32)
        return fmt::format("{} weight", name_of(tensor.dtype()));
    return "read by " + node.op;
}

/// Input of the node or, where only a body inside it reads the value, of the node in there.
std::optional<std::string> kind_in(const Node& node, const std::string& name, const Tensor& tensor) {
    const auto at = std::ranges::find(node.inputs, name);
    if (at != node.inputs.end())
        return kind_of(node, static_cast<std::size_t>(at - node.inputs.begin()), tensor);
    const std::vector<std::string> read = values_read(node);
    if (std::ranges::find(read, name) != read.end()) return "read inside " + node.op;
    return {};
}

}  // namespace

std::vector<ParameterCount> not_prunable(const Graph& graph) {
    const std::vector<std::string> names = prunable_weights(graph);
    std::set<std::string> done(names.begin(), names.end());
    std::map<std::string, std::int64_t> counts;
    for (const Node& node : graph.nodes) {
        for (const std::string& name : values_read(node)) {
            const auto tensor = graph.initializers.find(name);
            if (tensor == graph.initializers.end() || !done.insert(name).second) continue;
            if (const auto kind = kind_in(node, name, tensor->second))
                counts[*kind] += tensor->second.count();
        }
    }
    std::vector<ParameterCount> all;
    for (const auto& [kind, count] : counts) {
        if (count > 0) all.push_back({kind, count});
    }
    std::ranges::stable_sort(all, std::greater{}, &ParameterCount::count);
    return all;
}

std::int64_t sum_of(const std::vector<ParameterCount>& counts) {
    std::int64_t sum = 0;
    for (const ParameterCount& one : counts) sum += one.count;
    return sum;
}

std::string weights_left(std::int64_t left, std::int64_t prunable,
                         const std::vector<ParameterCount>& others) {
    std::string text = "no prunable weights";
    if (prunable > 0) {
        const double share = static_cast<double>(left) / static_cast<double>(prunable);
        text = fmt::format("{:.1f} % of {} prunable weights left", 100 * share, with_commas(prunable));
    }
    return others.empty() ? text : text + "; " + describe(others);
}

std::string describe(const std::vector<ParameterCount>& counts) {
    if (counts.empty()) return "";
    std::vector<std::string> parts;
    for (const ParameterCount& one : counts) parts.push_back(with_commas(one.count) + " " + one.kind);
    const std::int64_t sum = sum_of(counts);
    return fmt::format("{} {} not prunable: {}", with_commas(sum),
                       sum == 1 ? "parameter is" : "parameters are", fmt::join(parts, ", "));
}

}  // namespace espalier::surgery
