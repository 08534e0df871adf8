// Conv-2: 4,300,992 weights for 3x32x32 images and 10 classes; the paper says 4.3M.
#include "models/conv_n.h"

namespace espalier::models::networks_::conv_2_ {
namespace {

Graph build(const Options& options, Numbers) { return conv_n(options, 1); }

}  // namespace

extern const Model conv_2{
    .name = "conv-2", .summary = "2 convolutions, 4.3M weights on 32x32 images", .build = build};

}  // namespace espalier::models::networks_::conv_2_
