// Scatter (opset 9) was renamed to ScatterElements.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::scatter_ {
namespace {

constexpr std::string_view kOps[] = {"Scatter"};

void rewrite(Rewriter& to, Node node) {
    node.op = "ScatterElements";
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade scatter{.name = "scatter",
                             .summary = "Scatter becomes ScatterElements",
                             .ops = kOps,
                             .first = 9,
                             .last = 9,
                             .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::scatter_
