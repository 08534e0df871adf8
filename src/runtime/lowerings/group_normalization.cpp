// GroupNormalization: groups of channels of each image to mean 0 and variance 1, then each channel scaled.
#include "runtime/loops/loop_kernel.h"
#include "runtime/lowering.h"
#include "runtime/reductions/moments.h"

namespace espalier::runtime::lowerings_::group_normalization_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    const Shape& x = site.output;
    const std::int64_t groups = site.node.attribute_int("num_groups", 1);
    const std::int64_t channels = x[1] / groups;  // of a group
    const std::int64_t size = element_count(x) / (x[0] * x[1]);
    const double epsilon = site.node.attribute_float("epsilon", 1e-5F);
    return {loops(x[0] * groups, 2 * element_count(x),
                  [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                      for (std::int64_t i = begin; i < end; ++i) {
                          const std::int64_t at = i * channels * size;
                          const std::int64_t first = i % groups * channels;
                          const Moments moments = Moments::of(inputs[0].f32() + at, channels * size, epsilon);
                          for (std::int64_t c = 0; c < channels; ++c) {
                              moments.apply(inputs[0].f32() + at + c * size, inputs[1].f32()[first + c],
                                            inputs[2].f32()[first + c], output.f32() + at + c * size, size);
                          }
                      }
                  })};
}

}  // namespace

extern const Lowering group_normalization{.name = "GroupNormalization",
                                          .summary = "groups of channels to mean 0 and variance 1",
                                          .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::group_normalization_
