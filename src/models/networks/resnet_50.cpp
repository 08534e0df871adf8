// ResNet-50: 25,557,032 parameters for 3x224x224 images and 1000 classes.
#include "models/resnet.h"

namespace espalier::models::networks_::resnet_50_ {
namespace {

Graph build(const Options& options, Numbers) {
    return resnet_imagenet(options, "resnet-50", {3, 4, 6, 3}, true);
}

}  // namespace

extern const Model resnet_50{.name = "resnet-50",
                             .summary = "50-layer residual network of ImageNet with bottlenecks, 24M weights",
                             .build = build};

}  // namespace espalier::models::networks_::resnet_50_
