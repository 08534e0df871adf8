// Reshape before opset 5: its shape was an attribute; it is an input now.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::reshape_shape_ {
namespace {

constexpr std::string_view kOps[] = {"Reshape"};

void rewrite(Rewriter& to, Node node) {
    set_input(node, 1, to.add_ints(node, "shape", take_ints(node, "shape", {})));
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade reshape_shape{.name = "reshape_shape",
                                   .summary = "Reshape: attribute shape becomes an input",
                                   .ops = kOps,
                                   .first = 1,
                                   .last = 1,
                                   .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::reshape_shape_
