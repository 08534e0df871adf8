// VGG-19 with batch normalisation: 20,024,000 weights for 3 channels and 10 classes; Frankle & Carbin 2019
// say 20.0M.
#include "models/vgg.h"

namespace espalier::models::networks_::vgg_19_ {
namespace {

Graph build(const Options& options, Numbers) { return vgg(options, "vgg-19", {2, 2, 4, 4, 4}); }

}  // namespace

extern const Model vgg_19{
    .name = "vgg-19", .summary = "16 convolutions with batch normalisation, 20.0M weights", .build = build};

}  // namespace espalier::models::networks_::vgg_19_
