// Numbers that somebody wrote down, not learned: a cut must not touch them.
#pragma once

#include <string>

#include "espalier/tensor.h"

namespace espalier {

/// What the tensor of f32 holds, in words, if no training gives that: "0, 1, ..., 15"; else "".
///  - steps: 0, 1, ... of a decoding, or any start and step; powers, as the wave lengths of rotary positions
///  - one number everywhere, of one channel: a sum or a mean; but not 0, which is what a cut leaves
///  - the same filter in every one of `groups`: blurs and interpolations
///  - the unit matrix
///  - sines and cosines, along either of two dimensions: x[t - 1] + x[t + 1] = 2 cos(w) x[t]
std::string untrained(const Tensor& tensor, std::int64_t groups);

}  // namespace espalier
