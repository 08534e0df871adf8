// Squeeze, Unsqueeze and ReduceSum before opset 13: axes were an attribute; they are an input now.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::axes_to_input_ {
namespace {

constexpr std::string_view kOps[] = {"Squeeze", "Unsqueeze", "ReduceSum"};

void rewrite(Rewriter& to, Node node) {
    if (node.attributes.contains("axes"))
        set_input(node, 1, to.add_ints(node, "axes", take_ints(node, "axes", {})));
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade axes_to_input{
    .name = "axes_to_input",
    .summary = "Squeeze, Unsqueeze, ReduceSum: attribute axes becomes an input",
    .ops = kOps,
    .first = 1,
    .last = 11,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::axes_to_input_
