// RMSNormalization (Zhang & Sennrich 2019; opset 23): y = scale * x / sqrt(mean of x^2 + epsilon), over the
// dimensions from `axis` on.
#include "onnx/expansion/rms_norm.h"
#include "onnx/schema.h"

namespace espalier::onnx::upgrades_::rms_norm_ {
namespace {

constexpr std::string_view kOps[] = {"RMSNormalization"};

void rewrite(Rewriter& to, Node node) {
    Expansion e(to, node);
    e.finish("Mul", {rms_normal(e, e.input(0), e.dims(0), e.dtype(0)), e.input(1)});
}

}  // namespace

extern const Upgrade rms_norm{.name = "rms_norm",
                              .summary = "RMSNormalization: means of squares",
                              .ops = kOps,
                              .first = 23,
                              .last = kNewestOpset,
                              .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::rms_norm_
