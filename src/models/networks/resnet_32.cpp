// ResNet-32: 466,906 parameters for 3 channels and 10 classes.
#include "models/resnet.h"

namespace espalier::models::networks_::resnet_32_ {
namespace {

Graph build(const Options& options, Numbers) { return resnet_cifar(options, 32); }

}  // namespace

extern const Model resnet_32{
    .name = "resnet-32", .summary = "32-layer residual network for CIFAR, 0.46M weights", .build = build};

}  // namespace espalier::models::networks_::resnet_32_
