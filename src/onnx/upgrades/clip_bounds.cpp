// Clip before opset 11: its bounds were attributes; they are scalar inputs now.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::clip_bounds_ {
namespace {

constexpr std::string_view kOps[] = {"Clip"};

void rewrite(Rewriter& to, Node node) {
    for (const auto& [index, key] : {std::pair{1, "min"}, std::pair{2, "max"}}) {
        if (!node.attributes.contains(key)) continue;
        const float bound = node.attribute_float(key, 0);
        node.attributes.erase(key);
        set_input(node, static_cast<std::size_t>(index),
                  to.add_constant(node, key, scalar_of(node, to.input_type(node, 0).dtype, bound)));
    }
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade clip_bounds{.name = "clip_bounds",
                                 .summary = "Clip: attributes min and max become inputs",
                                 .ops = kOps,
                                 .first = 1,
                                 .last = 6,
                                 .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::clip_bounds_
