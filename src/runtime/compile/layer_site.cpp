#include "runtime/compile/layer_site.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/hash.h"
#include "espalier/error.h"

namespace espalier::runtime {
namespace {

OperandInfo operand_of(const std::string& value, const CompileContext& setting) {
    const auto constant = setting.graph.initializers.find(value);
    return {.shape = shape_of(value, setting),
            .constant = constant == setting.graph.initializers.end() ? nullptr : &constant->second,
            .dtype = setting.types.at(value).dtype};
}

/// `function` behind what the weights take in already, of so many channels.
void compose(std::optional<ChannelAffine>& affine, const Function& function, std::int64_t channels) {
    const auto count = static_cast<std::size_t>(channels);
    if (!affine)
        affine = {.scale = std::vector<float>(count, 1.0F), .shift = std::vector<float>(count, 0.0F)};
    for (float& scale : affine->scale) scale *= function.alpha;
    for (float& shift : affine->shift) shift = function.alpha * shift + function.beta;
}

WeightSlot& slot_of(const Group& group, const CompileContext& setting) {
    WeightCache::Key key = group.absorbed(setting.graph);
    const bool is_shared =
        std::ranges::none_of(key, [&](const std::string& value) { return setting.computed.contains(value); });
    return (is_shared ? setting.weights : setting.own_weights).at(key);
}

std::string text_of(const Attribute& attribute) {
    return std::visit(
        [](const auto& value) -> std::string {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<T, Tensor>) {
                return hash_hex(value.bytes());
            } else if constexpr (std::is_same_v<T, Subgraph>) {
                return fmt::format("body of {} nodes", value.graph().nodes.size());
            } else {
                return fmt::format("{}", value);
            }
        },
        attribute);
}

std::string text_of(const OperandInfo& operand) {
    return fmt::format("{}{}{}", name_of(operand.dtype), to_string(operand.shape),
                       operand.constant == nullptr ? "" : " constant");
}

std::string text_of(const PostOperation& after) {
    if (after.added) return fmt::format("+ {}", *after.added);
    return fmt::format("{} {} {}", static_cast<int>(after.function.algorithm), after.function.alpha,
                       after.function.beta);
}

/// Products alone are pruned; -1 for what has no weights.
std::int64_t nonzeros_of(const LoweringContext& site) {
    return site.weights.get() == nullptr ? -1 : site.weights.get()->nonzeros();
}

}  // namespace

Shape shape_of(const std::string& value, const CompileContext& setting) {
    const Dims& dims = setting.types.at(value).dims;
    Shape shape;
    for (const Dim& dim : dims) {
        if (!dim.is_fixed()) {
            throw Unsupported(
                fmt::format("value \"{}\" has shape {}, which the input shapes do not determine", value,
                            to_string(dims)));
        }
        shape.push_back(dim.size());
    }
    return shape;
}

LoweringContext site_of(const Group& group, const CompileContext& setting) {
    const std::string& output = group.node->outputs.front();
    LoweringContext site{.node = *group.node,
                         .operands = {},
                         .output = output.empty() ? Shape() : shape_of(output, setting),
                         .outputs = {},
                         .dtype = output.empty() ? DType::f32 : setting.types.at(output).dtype,
                         .added = {},
                         .norm = {},
                         .after = {},
                         .summands = {},
                         .weights = slot_of(group, setting),
                         .graph = setting.graph};
    if (group.add != nullptr) site.added = constant_operand(*group.add, setting.graph);
    if (group.norm != nullptr) site.norm = channel_affine(*group.norm, setting.graph);
    for (const PostNodes& behind : group.linear) compose(site.norm, behind.functions.front(), site.output[1]);
    for (const std::string& name : group.node->outputs) {
        if (!name.empty()) site.outputs.push_back(shape_of(name, setting));
    }
    for (const std::string& input : group.node->inputs) {
        if (!input.empty()) site.operands.push_back(operand_of(input, setting));
    }
    site.after = post_operations_of(group.behind, site.operands.size());
    for (const PostNodes& behind : group.behind) {
        if (!behind.added.empty()) site.summands.push_back(operand_of(behind.added, setting));
    }
    // Constants are added as they are, in f32.
    const auto varies = [](const OperandInfo& summand) { return summand.constant == nullptr; };
    if (site.dtype == DType::f32 && std::ranges::all_of(site.summands, varies))
        site.precision = setting.precision;
    return site;
}

std::string mark_of(Precision precision) {
    if (precision == Precision::f32) return "";
    return precision == Precision::bf16 ? "bf16" : "f16";
}

std::string signature_of(const Group& group, const LoweringContext& site) {
    std::string text = site.node.op;
    for (const auto& [key, attribute] : site.node.attributes)
        text += fmt::format("\n{}={}", key, text_of(attribute));
    for (const OperandInfo& operand : site.operands) text += "\nreads " + text_of(operand);
    for (const OperandInfo& operand : site.summands) text += "\nadds " + text_of(operand);
    for (const Shape& output : site.outputs) text += "\ngives " + to_string(output);
    for (const PostOperation& after : site.after) text += "\nbehind " + text_of(after);
    if (site.precision != Precision::f32) text += '\n' + mark_of(site.precision);
    text += fmt::format("\n{} {} {}", site.added != nullptr, group.norm != nullptr, nonzeros_of(site));
    return hash_hex(text);
}

}  // namespace espalier::runtime
