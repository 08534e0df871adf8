// Conv-6: 2,261,184 weights for 3x32x32 images and 10 classes. The paper's table says 1.7M, of which 1.1M in
// convolutions; the convolutions agree, and the layers it lists behind them add up to 1.1M more.
#include "models/conv_n.h"

namespace espalier::models::networks_::conv_6_ {
namespace {

Graph build(const Options& options, Numbers) { return conv_n(options, 3); }

}  // namespace

extern const Model conv_6{
    .name = "conv-6", .summary = "6 convolutions, 2.3M weights on 32x32 images", .build = build};

}  // namespace espalier::models::networks_::conv_6_
