// ResNet-20: 272,474 parameters for 3 channels and 10 classes, 274,042 with the running statistics.
#include "models/resnet.h"

namespace espalier::models::networks_::resnet_20_ {
namespace {

Graph build(const Options& options, Numbers) { return resnet_cifar(options, 20); }

}  // namespace

extern const Model resnet_20{
    .name = "resnet-20", .summary = "20-layer residual network for CIFAR, 0.27M weights", .build = build};

}  // namespace espalier::models::networks_::resnet_20_
