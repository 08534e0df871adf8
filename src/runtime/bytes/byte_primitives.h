// Convolutions of 8-bit integers by oneDNN, where the processor has products of bytes that do not saturate
// (VNNI, AMX): twice and more as many a cycle as the exact products of 16 bits that kernels/conv_i8 takes.
#pragma once

#include <span>
#include <vector>

#include "kernels/conv_i8/conv_i8.h"
#include "runtime/execute/kernel.h"

namespace espalier::runtime {

/// Whether this processor has them.
bool has_exact_byte_products();

/// y = bounded((sum of (x - zero) w) scale[o] + shift[o]), rounded to bytes or f32, channels last.
struct ByteConvolution {
    kernels::ConvShape shape;
    std::span<const std::int16_t> w;  // less its zero point, [groups * outputs][taps][channels]
    kernels::ByteQuantum x = {};
    std::vector<float> scale = {}, shift = {};
    kernels::ByteFinish finish = {};  // but for scale and shift
};

/// Null where oneDNN has none: for weights outside -128 to 127, and scales that are no ordinary numbers.
std::shared_ptr<Kernel> byte_convolution(const ByteConvolution& conv, int threads);

}  // namespace espalier::runtime
