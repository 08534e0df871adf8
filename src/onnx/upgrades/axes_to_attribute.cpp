// Reductions but ReduceSum from opset 18 on: axes are an input; inside a Graph they are an attribute, as in
// opset 13. No axes mean all of them, or with noop_with_empty_axes none.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::axes_to_attribute_ {
namespace {

constexpr std::string_view kOps[] = {"ReduceL1",        "ReduceL2",   "ReduceLogSum",
                                     "ReduceLogSumExp", "ReduceMax",  "ReduceMean",
                                     "ReduceMin",       "ReduceProd", "ReduceSumSquare"};

void rewrite(Rewriter& to, Node node) {
    const auto axes = to.constant_ints(node, 1, "axes");
    const bool none = node.attribute_int("noop_with_empty_axes", 0) != 0;
    node.attributes.erase("noop_with_empty_axes");
    if (node.inputs.size() > 1) node.inputs.resize(1);
    if (axes && !axes->empty()) {
        node.attributes["axes"] = *axes;
    } else if (none) {
        node.op = "Identity";
        node.attributes.clear();
    }
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade axes_to_attribute{
    .name = "axes_to_attribute",
    .summary = "reductions but ReduceSum: constant input axes becomes an attribute",
    .ops = kOps,
    .first = 18,
    .last = 20,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::axes_to_attribute_
