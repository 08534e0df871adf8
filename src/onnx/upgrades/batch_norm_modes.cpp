// BatchNormalization: the attributes spatial (before opset 9) and training_mode (from opset 14 on) with the
// values that mean what opset 13 means; is_test (before opset 7), which the number of outputs tells as well:
// a node that trains gives the statistics too.
#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::batch_norm_modes_ {
namespace {

constexpr std::string_view kOps[] = {"BatchNormalization"};

void rewrite(Rewriter& to, Node node) {
    drop(node, "spatial", 1);
    drop(node, "training_mode", 0);
    if (node.attributes.erase("is_test") > 0 || node.outputs.size() > 1) {
        const auto given =
            std::ranges::count_if(node.outputs, [](const auto& name) { return !name.empty(); });
        if (given > 1)
            throw Unsupported(
                fmt::format("{}: BatchNormalization in training mode is not supported", describe(node)));
        node.outputs.resize(1);
    }
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade batch_norm_modes{
    .name = "batch_norm_modes",
    .summary = "BatchNormalization: spatial=1, training_mode=0 and is_test are dropped",
    .ops = kOps,
    .first = 1,
    .last = 15,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::batch_norm_modes_
