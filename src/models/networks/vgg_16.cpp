// VGG-16 with batch normalisation: 14,715,584 weights for 3 channels and 10 classes.
#include "models/vgg.h"

namespace espalier::models::networks_::vgg_16_ {
namespace {

Graph build(const Options& options, Numbers) { return vgg(options, "vgg-16", {2, 2, 3, 3, 3}); }

}  // namespace

extern const Model vgg_16{
    .name = "vgg-16", .summary = "13 convolutions with batch normalisation, 14.7M weights", .build = build};

}  // namespace espalier::models::networks_::vgg_16_
