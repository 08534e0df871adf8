// Erf: the error function.
#include "kernels/gelu_f32/gelu_f32.h"
#include "runtime/loops/unary.h"

namespace espalier::runtime::lowerings_::erf_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    return mapped(site, 1, [](const float* x, float* y, std::int64_t count) {
        kernels::gelu_f32(kernels::GeluKind::erf, x, y, count);
    });
}

}  // namespace

extern const Lowering erf{.name = "Erf", .summary = "error function", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::erf_
