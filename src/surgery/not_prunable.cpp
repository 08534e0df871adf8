#include "surgery/not_prunable.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "base/text/numbers.h"
#include "graph/analysis/readers.h"
#include "graph/op.h"
#include "tensor/convert.h"

namespace espalier::surgery {
namespace {

/// A vector, whatever dimensions of one stand around it.
bool is_vector(const Tensor& tensor) {
    return std::ranges::count_if(tensor.shape(), [](std::int64_t size) { return size != 1; }) <= 1;
}

/// Behind these a constant is still the same numbers.
bool passes_on(const Node& node, std::size_t input) {
    constexpr std::string_view kOps[] = {"Identity", "Transpose", "Reshape", "Unsqueeze",
                                         "Squeeze",  "Flatten",   "Cast",    "DequantizeLinear"};
    return input == 0 && std::ranges::find(kOps, node.op) != std::end(kOps);
}

std::string kind_of(const Node& node, std::size_t input, const Tensor& tensor) {
    const Operator* op = ops().find(node.op);
    if (op != nullptr && std::ranges::find(op->buffers, input) != op->buffers.end())
        return "running statistics";
    const bool quantises = node.op.ends_with("QuantizeLinear") || node.op == "DequantizeLinear";
    if (quantises && input > 0) return input == 1 ? "scale" : "zero point";
    const bool is_setting = op != nullptr && std::ranges::find(op->settings, input) != op->settings.end();
    const bool is_bytes = tensor.dtype() == DType::i8 || tensor.dtype() == DType::u8;
    const bool is_number = is_float(tensor.dtype()) || (is_bytes && tensor.rank() >= 2);
    if (!is_number || tensor.count() == 1 || is_setting) return "constant";
    for (const ParameterRole& role : op == nullptr ? std::span<const ParameterRole>() : op->roles) {
        if (role.first <= input && input <= role.last) return std::string(role.kind);
    }
    if (node.op == "Add" && is_vector(tensor)) return "bias";
    if (op != nullptr && op->weight_input == static_cast<int>(input) && tensor.dtype() != DType::f32)
        return fmt::format("{} weight", name_of(tensor.dtype()));
    return "read by " + node.op;
}

/// What the first reader of each value does with it.
class Kinds {
  public:
    explicit Kinds(const Graph& graph) : graph_(graph), untrained_(untrained_weights(graph)) {
        for (const Node& node : graph.nodes) {
            for (std::size_t i = 0; i < node.inputs.size(); ++i) first_.try_emplace(node.inputs[i], &node, i);
            for (const std::string& name : values_read(node)) inside_.try_emplace(name, node.op);
        }
    }

    std::string of(const std::string& name) const {
        const auto tensor = graph_.initializers.find(name);
        if (tensor == graph_.initializers.end()) return "taken into nodes";
        if (untrained_.contains(name)) return "not learned";
        std::string value = name;
        for (std::size_t steps = 0; steps <= graph_.nodes.size(); ++steps) {
            const auto found = first_.find(value);
            if (found == first_.end()) break;
            const auto& [node, input] = found->second;
            if (!passes_on(*node, input)) return kind_of(*node, input, tensor->second);
            value = node->outputs[0];
        }
        const auto found = inside_.find(value);
        if (found != inside_.end()) return "read inside " + found->second;
        return is_output(graph_, value) ? "output" : "read by nobody";
    }

  private:
    const Graph& graph_;
    std::map<std::string, std::string> untrained_;
    std::map<std::string, std::pair<const Node*, std::size_t>> first_;  // reader and its input, by value
    std::map<std::string, std::string> inside_;  // operator of a node that reads it, maybe in a body
};

}  // namespace

std::vector<ParameterCount> not_prunable(const Graph& graph, const std::vector<std::string>& prunable) {
    ConstantSizes constants;
    for (const auto& [name, tensor] : graph.initializers) constants.emplace_back(name, tensor.count());
    return not_prunable(graph, prunable, constants);
}

std::vector<ParameterCount> not_prunable(const Graph& graph, const std::vector<std::string>& prunable,
                                         const ConstantSizes& constants) {
    std::set<std::string> cut(prunable.begin(), prunable.end());
    std::map<std::string, std::int64_t> counts;
    const Kinds kinds(graph);
    for (const auto& [name, count] : constants) {
        if (cut.erase(name) == 0) counts[kinds.of(name)] += count;
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
