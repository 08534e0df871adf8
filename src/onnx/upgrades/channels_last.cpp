// NhwcMaxPool of ONNX Runtime: images as [N, H, W, C] are turned, and back.
#include "onnx/expansion/expansion.h"

namespace espalier::onnx::upgrades_::channels_last_ {
namespace {

constexpr std::string_view kOps[] = {"NhwcMaxPool"};

void rewrite(Rewriter& to, Node node) {
    Expansion e(to, node);
    if (e.dims(0).size() != 4) e.refuse("images that have not 4 dimensions");
    const std::string x = e.add("Transpose", {e.input(0)}, {{"perm", std::vector<std::int64_t>{0, 3, 1, 2}}});
    const std::string pooled = e.add("MaxPool", {x}, node.attributes);
    e.finish("Transpose", {pooled}, {{"perm", std::vector<std::int64_t>{0, 2, 3, 1}}});
}

}  // namespace

extern const Upgrade channels_last{.name = "channels_last",
                                   .summary = "NhwcMaxPool: MaxPool between Transpose",
                                   .ops = kOps,
                                   .domain = kMicrosoft,
                                   .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::channels_last_
