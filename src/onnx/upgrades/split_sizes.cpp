// Split before opset 13: the sizes were an attribute; they are an input now.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::split_sizes_ {
namespace {

constexpr std::string_view kOps[] = {"Split"};

void rewrite(Rewriter& to, Node node) {
    if (node.attributes.contains("split"))
        set_input(node, 1, to.add_ints(node, "split", take_ints(node, "split", {})));
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade split_sizes{.name = "split_sizes",
                                 .summary = "Split: attribute split becomes an input",
                                 .ops = kOps,
                                 .first = 1,
                                 .last = 11,
                                 .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::split_sizes_
