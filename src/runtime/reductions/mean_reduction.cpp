#include "runtime/reductions/mean_reduction.h"

#include "runtime/loops/loop_kernel.h"
#include "runtime/loops/strides.h"

namespace espalier::runtime {

Candidate mean_over(const Shape& input, const std::vector<bool>& reduced) {
    const Shape strides = row_major_strides(input);
    Walk kept;
    Walk gone;
    for (std::size_t i = 0; i < input.size(); ++i) (reduced[i] ? gone : kept).add(input[i], strides[i]);
    // The innermost reduced dimension is a loop of its own, so that positions are computed once a row of it.
    const bool any = !gone.sizes.empty();
    const std::int64_t length = any ? gone.sizes.back() : 1;
    const std::int64_t step = any ? gone.strides.back() : 1;
    const double count = static_cast<double>(gone.count());
    if (any) {
        gone.sizes.pop_back();
        gone.strides.pop_back();
    }
    const std::int64_t rows = gone.count();
    return loops(kept.count(), element_count(input),
                 [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                     float* y = output.f32();
                     for (std::int64_t i = begin; i < end; ++i) {
                         const float* x = inputs[0].f32() + kept.offset(i);
                         double sum = 0;
                         for (std::int64_t row = 0; row < rows; ++row) {
                             const float* from = x + gone.offset(row);
                             for (std::int64_t k = 0; k < length; ++k)
                                 sum += static_cast<double>(from[k * step]);
                         }
                         y[i] = static_cast<float>(sum / count);
                     }
                 });
}

}  // namespace espalier::runtime
