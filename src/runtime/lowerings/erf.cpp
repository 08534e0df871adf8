// Erf: the error function.
#include <cmath>

#include "runtime/loops/loop_kernel.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::erf_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    const std::int64_t count = element_count(site.output);
    // Worth more threads than arithmetic: each element is a call of a function.
    return {loops(count, 10 * count,
                  [](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                      const float* x = inputs[0].f32();
                      float* y = output.f32();
                      for (std::int64_t i = begin; i < end; ++i) y[i] = std::erf(x[i]);
                  })};
}

}  // namespace

extern const Lowering erf{.name = "Erf", .summary = "error function", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::erf_
