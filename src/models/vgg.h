// VGG (Simonyan & Zisserman 2014) for small images, as in Frankle & Carbin 2019: five stages of 3x3
// convolutions with batch normalisation and ReLU, a 2x2 max-pool between the stages, the mean of what is
// left, and one fully connected layer. The last stage has no max-pool of its own: 28x28 images come to 1x1
// without it.
#pragma once

#include <array>

#include "models/model.h"

namespace espalier::models {

/// `depths`: convolutions of each stage, of 64, 128, 256, 512 and 512 kernels.
Graph vgg(const Options& options, std::string_view name, const std::array<int, 5>& depths);

}  // namespace espalier::models
