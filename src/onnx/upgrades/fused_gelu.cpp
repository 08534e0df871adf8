// ONNX Runtime's Gelu, BiasGelu (of x + bias), FastGelu (by tanh) and QuickGelu (x * sigmoid(alpha x)).
#include "onnx/expansion/expansion.h"

namespace espalier::onnx::upgrades_::fused_gelu_ {
namespace {

constexpr std::string_view kOps[] = {"Gelu", "BiasGelu", "FastGelu", "QuickGelu"};

void rewrite(Rewriter& to, Node node) {
    Expansion e(to, node);
    e.only({"alpha"});
    const std::string x = e.has_input(1) ? e.add("Add", {e.input(0), e.input(1)}) : e.input(0);
    if (node.op == "QuickGelu") {
        const std::string scaled =
            e.add("Mul", {x, e.scalar(e.dtype(0), node.attribute_float("alpha", 1.702F))});
        e.finish("Mul", {x, e.add("Sigmoid", {scaled})});
    } else if (node.op == "FastGelu") {
        e.finish("Gelu", {x}, {{"approximate", std::string("tanh")}});
    } else {
        e.finish("Gelu", {x});
    }
}

}  // namespace

extern const Upgrade fused_gelu{.name = "fused_gelu",
                                .summary = "Gelu, BiasGelu, FastGelu, QuickGelu of ONNX Runtime",
                                .ops = kOps,
                                .domain = kMicrosoft,
                                .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::fused_gelu_
