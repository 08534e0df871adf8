// What the compiled variants of sddmm_f32_panel share.
#pragma once

#include <cstdint>

#include "kernels/panel.h"

namespace espalier::kernels {

struct SampleSlice {
    Panels panels;
    std::int64_t rows;
    std::int64_t columns;
    const std::uint32_t* starts;
    const std::uint32_t* at;
    const float* a;
    const float* b;
    float* g;
};

}  // namespace espalier::kernels
