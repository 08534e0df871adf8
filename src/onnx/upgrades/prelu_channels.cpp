// PRelu before opset 7: a slope of one dimension has a number for each channel, dimension 1; by numpy's rule,
// which holds now, it would be along the last.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::prelu_channels_ {
namespace {

constexpr std::string_view kOps[] = {"PRelu"};

void rewrite(Rewriter& to, Node node) {
    const std::size_t rank = to.input_type(node, 0).dims.size();
    const Dims slope = to.input_type(node, 1).dims;
    if (slope.size() == 1 && !(slope[0] == Dim(1)) && rank > 2) {
        std::vector<std::int64_t> behind;
        for (std::size_t i = 1; i + 1 < rank; ++i) behind.push_back(static_cast<std::int64_t>(i));
        to.unsqueeze(node, 1, behind);
    }
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade prelu_channels{.name = "prelu_channels",
                                    .summary = "PRelu: a slope for each channel, by Unsqueeze",
                                    .ops = kOps,
                                    .first = 1,
                                    .last = 6,
                                    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::prelu_channels_
