// Mean and deviation of images, channel by channel.
#pragma once

#include "espalier/data.h"

namespace espalier::data {

/// mean = sum x / n and deviation = sqrt(sum x^2 / n - mean^2) over all pixels of a channel, x = byte / 255.
/// Sums are exact, so the order of examples does not matter. Throws BadData for a channel that is constant.
Normalization statistics_of(const Input& input);

}  // namespace espalier::data
