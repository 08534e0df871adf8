// Dropout before opset 12: its ratio was an attribute; it is a scalar input now. Before opset 7 is_test said
// whether it drops; nothing does where a network is run.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::dropout_ratio_ {
namespace {

constexpr std::string_view kOps[] = {"Dropout"};

void rewrite(Rewriter& to, Node node) {
    node.attributes.erase("is_test");
    if (node.attributes.contains("ratio")) {
        const float ratio = node.attribute_float("ratio", 0.5F);
        node.attributes.erase("ratio");
        set_input(node, 1, to.add_constant(node, "ratio", Tensor::of<float>({}, std::vector{ratio})));
    }
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade dropout_ratio{.name = "dropout_ratio",
                                   .summary = "Dropout: attribute ratio becomes an input",
                                   .ops = kOps,
                                   .first = 1,
                                   .last = 10,
                                   .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::dropout_ratio_
