// Cast from opset 19 on: saturate is about elements of 8 bits in floating point, which are not read.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::cast_saturation_ {
namespace {

constexpr std::string_view kOps[] = {"Cast", "CastLike"};

void rewrite(Rewriter& to, Node node) {
    node.attributes.erase("saturate");
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade cast_saturation{.name = "cast_saturation",
                                     .summary = "Cast: saturate is dropped",
                                     .ops = kOps,
                                     .first = 19,
                                     .last = 21,
                                     .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::cast_saturation_
