// BatchNormalization: the attributes spatial (before opset 9) and training_mode (from opset 14 on) with the
// values that mean what opset 13 means.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::batch_norm_modes_ {
namespace {

constexpr std::string_view kOps[] = {"BatchNormalization"};

void rewrite(Rewriter& to, Node node) {
    drop(node, "spatial", 1);
    drop(node, "training_mode", 0);
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade batch_norm_modes{
    .name = "batch_norm_modes",
    .summary = "BatchNormalization: spatial=1 and training_mode=0 are dropped",
    .ops = kOps,
    .first = 7,
    .last = 15,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::batch_norm_modes_
