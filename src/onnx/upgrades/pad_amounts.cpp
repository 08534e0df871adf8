// Pad before opset 11: pads (in opset 1 paddings) and value were attributes; they are inputs now.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::pad_amounts_ {
namespace {

constexpr std::string_view kOps[] = {"Pad"};

void rewrite(Rewriter& to, Node node) {
    const float value = node.attribute_float("value", 0);
    node.attributes.erase("value");
    const char* const key = node.attributes.contains("paddings") ? "paddings" : "pads";
    set_input(node, 1, to.add_ints(node, "pads", take_ints(node, key, {})));
    if (value != 0)
        set_input(node, 2,
                  to.add_constant(node, "value", scalar_of(node, to.input_type(node, 0).dtype, value)));
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade pad_amounts{.name = "pad_amounts",
                                 .summary = "Pad: attributes pads and value become inputs",
                                 .ops = kOps,
                                 .first = 1,
                                 .last = 2,
                                 .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::pad_amounts_
