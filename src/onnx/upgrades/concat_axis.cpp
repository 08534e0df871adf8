// Concat before opset 4: `axis` could be left out, and was 1.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::concat_axis_ {
namespace {

constexpr std::string_view kOps[] = {"Concat"};

void rewrite(Rewriter& to, Node node) {
    node.attributes.try_emplace("axis", std::int64_t{1});
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade concat_axis{.name = "concat_axis",
                                 .summary = "Concat: the default of axis is written down",
                                 .ops = kOps,
                                 .first = 1,
                                 .last = 1,
                                 .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::concat_axis_
