// Steps that change the layout of an activation matrix.
#pragma once

#include <cstdint>

#include "runtime/execute/kernel.h"

namespace espalier::runtime {

/// From `from` to the other layout.
Candidate change_layout(Layout from, std::int64_t batch, std::int64_t features);

/// Floats of a matrix in a layout: panels are padded.
std::int64_t floats_in(Layout layout, std::int64_t batch, std::int64_t features);

}  // namespace espalier::runtime
