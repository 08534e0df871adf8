// Residual networks (He et al. 2015, "Deep Residual Learning for Image Recognition"): blocks of convolutions
// with batch normalisation whose input is added to their output, through a 1x1 convolution with batch
// normalisation where the shape changes.
#pragma once

#include <array>

#include "models/model.h"

namespace espalier::models {

/// The networks for CIFAR: three stages of n = (depth - 2) / 6 blocks of two 3x3 convolutions, 16, 32 and 64
/// kernels. Frankle & Carbin 2019 call the one of 20 layers ResNet-18 and count 274K values.
Graph resnet_cifar(const Options& options, int depth);

/// The networks for ImageNet: four stages of blocks of 64 to 512 kernels, of two 3x3 convolutions each or, as
/// bottlenecks, of 1x1, 3x3 and four times as many 1x1. Images of 64 pixels a side and more go through 7x7
/// kernels in steps of 2 and a 3x3 max-pool first, smaller ones through 3x3 kernels.
Graph resnet_imagenet(const Options& options, std::string_view name, const std::array<int, 4>& blocks,
                      bool bottlenecks);

}  // namespace espalier::models
