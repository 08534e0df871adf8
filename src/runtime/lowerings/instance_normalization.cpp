// InstanceNormalization: each channel of each image to mean 0 and variance 1, then scaled.
#include "runtime/loops/loop_kernel.h"
#include "runtime/lowering.h"
#include "runtime/reductions/moments.h"

namespace espalier::runtime::lowerings_::instance_normalization_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    const Shape& x = site.output;
    const std::int64_t channels = x[1];
    const std::int64_t images = x[0] * channels;
    const std::int64_t size = element_count(x) / images;
    const double epsilon = site.node.attribute_float("epsilon", 1e-5F);
    return {loops(images, 2 * element_count(x),
                  [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                      for (std::int64_t i = begin; i < end; ++i) {
                          const float* image = inputs[0].f32() + i * size;
                          Moments::of(image, size, epsilon)
                              .apply(image, inputs[1].f32()[i % channels], inputs[2].f32()[i % channels],
                                     output.f32() + i * size, size);
                      }
                  })};
}

}  // namespace

extern const Lowering instance_normalization{.name = "InstanceNormalization",
                                             .summary = "each channel of each image to mean 0 and variance 1",
                                             .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::instance_normalization_
