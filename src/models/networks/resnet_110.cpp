// ResNet-110: 1,730,714 parameters for 3 channels and 10 classes.
#include "models/resnet.h"

namespace espalier::models::networks_::resnet_110_ {
namespace {

Graph build(const Options& options, Numbers) { return resnet_cifar(options, 110); }

}  // namespace

extern const Model resnet_110{
    .name = "resnet-110", .summary = "110-layer residual network for CIFAR, 1.7M weights", .build = build};

}  // namespace espalier::models::networks_::resnet_110_
