// What MobileNetV1 and V2 share: convolutions with batch normalisation and a bounded ReLU, and how they meet
// small images.
#pragma once

#include "models/model.h"

namespace espalier::models {

/// A convolution with its normalisation, `name`.norm; `groups` as many as channels for a depthwise one.
std::string conv_norm(GraphBuilder& builder, const std::string& name, const std::string& x, std::int64_t out,
                      const Square& window, std::int64_t groups = 1);

/// How many of the network's first steps of 2 become steps of 1, so that something is left of a small image:
/// 0 from 64 pixels a side on, where five halvings leave 2x2, else 2.
int steps_saved(const Options& options);

}  // namespace espalier::models
