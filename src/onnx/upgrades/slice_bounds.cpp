// Slice before opset 10: starts, ends and axes were attributes; they are inputs now.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::slice_bounds_ {
namespace {

constexpr std::string_view kOps[] = {"Slice"};

void rewrite(Rewriter& to, Node node) {
    for (const auto& [index, key] : {std::pair{1, "starts"}, std::pair{2, "ends"}, std::pair{3, "axes"}}) {
        if (!node.attributes.contains(key)) continue;
        set_input(node, static_cast<std::size_t>(index), to.add_ints(node, key, take_ints(node, key, {})));
    }
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade slice_bounds{.name = "slice_bounds",
                                  .summary = "Slice: attributes starts, ends and axes become inputs",
                                  .ops = kOps,
                                  .first = 1,
                                  .last = 1,
                                  .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::slice_bounds_
