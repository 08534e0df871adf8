// ResNet-56: 855,770 parameters for 3 channels and 10 classes.
#include "models/resnet.h"

namespace espalier::models::networks_::resnet_56_ {
namespace {

Graph build(const Options& options, Numbers) { return resnet_cifar(options, 56); }

}  // namespace

extern const Model resnet_56{
    .name = "resnet-56", .summary = "56-layer residual network for CIFAR, 0.85M weights", .build = build};

}  // namespace espalier::models::networks_::resnet_56_
