// BatchNormalization: scale and shift for each channel, where it could not be folded into the layer before.
#include <cmath>

#include "runtime/loops.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_ {
namespace {

std::vector<Candidate> candidates(const Site& site) {
    const std::int64_t channels = site.output[1];
    const std::int64_t images = site.output[0] * channels;
    const std::int64_t size = element_count(site.output) / images;
    const float epsilon = site.node.attribute_float("epsilon", 1e-5F);
    return {loops(images, images * size,
                  [=, relu = site.relu](Inputs inputs, float* output, std::int64_t begin, std::int64_t end) {
                      for (std::int64_t i = begin; i < end; ++i) {
                          const std::int64_t c = i % channels;
                          const float scale = inputs[1][c] / std::sqrt(inputs[4][c] + epsilon);
                          const float shift = inputs[2][c] - inputs[3][c] * scale;
                          const float least = relu ? 0.0F : -INFINITY;
                          const float* x = inputs[0] + i * size;
                          float* y = output + i * size;
                          for (std::int64_t k = 0; k < size; ++k)
                              y[k] = std::max(x[k] * scale + shift, least);
                      }
                  })};
}

}  // namespace

extern const Lowering batch_normalization{.name = "BatchNormalization",
                                          .summary = "scale and shift of each channel",
                                          .candidates = candidates,
                                          .fuses_relu = true};

}  // namespace espalier::runtime::lowerings_
