// TopK before opset 10: k was an attribute; it is an input of one element now.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::top_k_count_ {
namespace {

constexpr std::string_view kOps[] = {"TopK"};

void rewrite(Rewriter& to, Node node) {
    const std::int64_t count = node.attribute_int("k", 0);
    node.attributes.erase("k");
    set_input(node, 1, to.add_ints(node, "k", {count}));
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade top_k_count{.name = "top_k_count",
                                 .summary = "TopK: attribute k becomes an input",
                                 .ops = kOps,
                                 .first = 1,
                                 .last = 1,
                                 .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::top_k_count_
