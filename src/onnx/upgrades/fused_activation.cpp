// FusedConv and FusedGemm of ONNX Runtime: Conv (and a sum) or Gemm with an activation behind it.
#include <fmt/format.h>

#include "espalier/error.h"
#include "onnx/expansion/expansion.h"

namespace espalier::onnx::upgrades_::fused_activation_ {
namespace {

constexpr std::string_view kOps[] = {"FusedConv", "FusedGemm"};

/// The activation with its parameters, as the node's output.
void finish_with(Expansion& e, const std::string& value, const std::string& activation,
                 const std::vector<float>& parameters) {
    const auto parameter = [&](std::size_t index, float fallback) {
        return index < parameters.size() ? parameters[index] : fallback;
    };
    if (activation == "Relu" || activation == "Sigmoid" || activation == "Tanh") {
        e.finish(activation, {value});
    } else if (activation == "LeakyRelu") {
        e.finish(activation, {value}, {{"alpha", parameter(0, 0.01F)}});
    } else if (activation == "HardSigmoid") {
        e.finish(activation, {value}, {{"alpha", parameter(0, 0.2F)}, {"beta", parameter(1, 0.5F)}});
    } else if (activation == "Clip" && parameters.size() == 2) {
        e.finish(activation,
                 {value, e.scalar(e.dtype(0), parameters[0]), e.scalar(e.dtype(0), parameters[1])});
    } else if (activation.empty()) {
        e.finish("Identity", {value});
    } else {
        e.refuse("the activation \"" + activation + "\"");
    }
}

std::vector<float> parameters_of(const Node& node) {
    const auto found = node.attributes.find("activation_params");
    if (found != node.attributes.end()) {
        const auto* values = std::get_if<std::vector<float>>(&found->second);
        if (values == nullptr)
            throw InvalidModel(fmt::format("{}: activation_params are not FLOATS", describe(node)));
        return *values;
    }
    return {node.attribute_float("activation_alpha", 0.01F), node.attribute_float("activation_beta", 0)};
}

void rewrite(Rewriter& to, Node node) {
    Expansion e(to, node);
    const std::string activation = node.attribute_string("activation", "");
    const std::vector<float> parameters = parameters_of(node);
    Attributes attributes = node.attributes;
    std::erase_if(attributes, [](const auto& entry) { return entry.first.starts_with("activation"); });
    Inputs inputs = node.inputs;
    const bool sums = node.op == "FusedConv" && e.has_input(3);
    if (sums) inputs.pop_back();
    if (inputs.back().empty()) inputs.pop_back();
    std::string value = e.add(node.op == "FusedConv" ? "Conv" : "Gemm", inputs, attributes);
    if (sums) value = e.add("Add", {value, e.input(3)});
    finish_with(e, value, activation, parameters);
}

}  // namespace

extern const Upgrade fused_activation{.name = "fused_activation",
                                      .summary = "FusedConv, FusedGemm: with the activation behind",
                                      .ops = kOps,
                                      .domain = kMicrosoft,
                                      .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::fused_activation_
