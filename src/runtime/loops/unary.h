// A function of each element.
#pragma once

#include <vector>

#include "base/multiversion.h"
#include "runtime/loops/loop_kernel.h"
#include "runtime/lowering.h"

namespace espalier::runtime {

/// `function(x, y, count)` computes y; `work` is how many times the time of touching an element it takes.
inline std::vector<Candidate> mapped(const LoweringContext& site, std::int64_t work,
                                     void (*function)(const float* x, float* y, std::int64_t count)) {
    const std::int64_t count = element_count(site.output);
    return {loops(count, work * count,
                  [function](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                      function(inputs[0].f32() + begin, output.f32() + begin, end - begin);
                  })};
}

}  // namespace espalier::runtime
