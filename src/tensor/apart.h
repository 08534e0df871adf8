// How far the outputs of a changed network are from those that are expected.
#pragma once

#include <span>

namespace espalier {

struct Apart {
    double share = 0;  // the largest difference, of the largest expected number; NaN: it cannot be told
    bool has_number = false;  // that is finite, among those that are expected
};

/// Of as many numbers. Where both are NaN or the same infinity they do not differ.
Apart apart(std::span<const float> expected, std::span<const float> got);

}  // namespace espalier
