// Cast from opset 19 on: saturate, and from 24 round_mode, are about elements of 8 bits in floating point,
// which are not read.
#include "onnx/schema.h"
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::cast_saturation_ {
namespace {

constexpr std::string_view kOps[] = {"Cast", "CastLike"};

void rewrite(Rewriter& to, Node node) {
    for (const char* key : {"saturate", "round_mode"}) node.attributes.erase(key);
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade cast_saturation{.name = "cast_saturation",
                                     .summary = "Cast: saturate and round_mode are dropped",
                                     .ops = kOps,
                                     .first = 19,
                                     .last = kNewestOpset,
                                     .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::cast_saturation_
