// Swish of opset 24: x * sigmoid(alpha * x), which older operators say.
#include "onnx/schema.h"
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::swish_ {
namespace {

constexpr std::string_view kOps[] = {"Swish"};

void rewrite(Rewriter& to, Node node) {
    const float alpha = node.attribute_float("alpha", 1);
    const std::string x = node.inputs.at(0);
    std::string gate = x;
    if (alpha != 1) {
        gate = to.fresh(node.outputs.at(0) + ".scaled");
        const std::string factor =
            to.add_constant(node, "alpha", Tensor::of<float>({}, std::vector<float>{alpha}));
        to.emit({.name = node.name + ".scaled",
                 .op = "Mul",
                 .inputs = {x, factor},
                 .outputs = {gate},
                 .attributes = {}});
    }
    const std::string sigmoid = to.fresh(node.outputs.at(0) + ".sigmoid");
    to.emit({.name = node.name + ".sigmoid",
             .op = "Sigmoid",
             .inputs = {gate},
             .outputs = {sigmoid},
             .attributes = {}});
    to.emit(
        {.name = node.name, .op = "Mul", .inputs = {x, sigmoid}, .outputs = node.outputs, .attributes = {}});
}

}  // namespace

extern const Upgrade swish{.name = "swish",
                           .summary = "Swish: as Sigmoid and Mul",
                           .ops = kOps,
                           .first = 24,
                           .last = kNewestOpset,
                           .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::swish_
