// What one call of the transposing code works on.
#pragma once

#include <cstddef>

namespace espalier::kernels {

/// At most 16 rows of the batch: some lanes of one panel.
struct TransposeSlice {
    std::size_t rows;   // in the batch, 0 if all lanes are padding
    std::size_t lanes;  // in the panel, 8 or 16
    std::size_t width;  // of the panel
    std::size_t features;
};

}  // namespace espalier::kernels
