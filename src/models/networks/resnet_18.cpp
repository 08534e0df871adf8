// ResNet-18: 11,689,512 parameters for 3x224x224 images and 1000 classes.
#include "models/resnet.h"

namespace espalier::models::networks_::resnet_18_ {
namespace {

Graph build(const Options& options, Numbers) {
    return resnet_imagenet(options, "resnet-18", {2, 2, 2, 2}, false);
}

}  // namespace

extern const Model resnet_18{
    .name = "resnet-18", .summary = "18-layer residual network of ImageNet, 11M weights", .build = build};

}  // namespace espalier::models::networks_::resnet_18_
