// Conv-4: 2,425,024 weights for 3x32x32 images and 10 classes; the paper says 2.4M.
#include "models/conv_n.h"

namespace espalier::models::networks_::conv_4_ {
namespace {

Graph build(const Options& options, Numbers) { return conv_n(options, 2); }

}  // namespace

extern const Model conv_4{
    .name = "conv-4", .summary = "4 convolutions, 2.4M weights on 32x32 images", .build = build};

}  // namespace espalier::models::networks_::conv_4_
