// Depthwise convolution by products of quads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/depthwise_i8/depthwise_i8.h"

namespace espalier::kernels {

/// Weights, from -128 to 127, as quads of 4 rows of the window: [blocks of 64 channels][columns of the
/// window] [quads of a column][64 channels], channels in the order of interleaved_place(), in which bytes
/// come to lie when those of four rows are interleaved.
WeightVector<std::int32_t> depthwise_quads(const ConvShape& shape, std::span<const std::int16_t> w);

std::size_t quad_scratch_bytes(const ConvShape& shape, int threads);

/// On a processor with AVX-512 VNNI. `scratch` is aligned to a cache line.
void run_depthwise_quads(const ConvShape& shape, const DepthwiseBytes& weights, int threads,
                         const std::uint8_t* x, const ByteQuantum& quantum, void* y, const ByteFinish& finish,
                         std::byte* scratch);

}  // namespace espalier::kernels
