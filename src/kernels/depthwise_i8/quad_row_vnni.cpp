// Rows of depthwise convolutions by vpdpbusd: columns of the window interleaved once, then four outputs of 64
// channels at a time.
#include "kernels/depthwise_i8/quad_row.h"

#if defined(__x86_64__)

#include <algorithm>

#include "kernels/conv_i8/byte_store_avx512.h"

namespace espalier::kernels {
namespace {

constexpr int kVectors = 4;  // of a block of channels

/// The bytes of four rows side by side, of pixel `x` and channels from `first` on.
ESPALIER_AVX512_VNNI void interleave(const QuadRow& row, const std::uint8_t* const* rows, std::int64_t x,
                                     std::int64_t first, __mmask64 mask, std::uint8_t* to) {
    const __m512i outside = _mm512_set1_epi8(static_cast<char>(row.zero));
    const bool inside = x >= 0 && x < row.shape.input[2];
    __m512i r[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        r[i] = outside;
        if (!inside || rows[i] == nullptr) continue;
        const __m512i bytes = _mm512_maskz_loadu_epi8(mask, rows[i] + x * row.shape.groups + first);
        r[i] = _mm512_xor_si512(bytes, _mm512_set1_epi8(static_cast<char>(row.flip)));
    }
    const __m512i lower = _mm512_unpacklo_epi8(r[0], r[1]), upper = _mm512_unpackhi_epi8(r[0], r[1]);
    const __m512i below = _mm512_unpacklo_epi8(r[2], r[3]), above = _mm512_unpackhi_epi8(r[2], r[3]);
    _mm512_store_si512(to, _mm512_unpacklo_epi16(lower, below));
    _mm512_store_si512(to + 64, _mm512_unpackhi_epi16(lower, below));
    _mm512_store_si512(to + 128, _mm512_unpacklo_epi16(upper, above));
    _mm512_store_si512(to + 192, _mm512_unpackhi_epi16(upper, above));
}

/// Some outputs of a block of channels that start at `first`.
struct Block {
    const std::int32_t* weights;
    std::int64_t first;
    __mmask64 mask;
};

/// `kOutputs` neighbouring outputs, of which the first reads from `columns` on and is output `x` of the row.
template <int kOutputs>
ESPALIER_AVX512_VNNI void multiply(const QuadRow& row, const ByteStore& store, const Block& block,
                                   const std::uint8_t* columns, std::int64_t x) {
    const ConvShape& s = row.shape;
    const std::int64_t of_column = quads_of_column(s);
    const std::int64_t step = s.stride[2] * of_column * static_cast<std::int64_t>(kQuadBytes);
    __m512i sums[kOutputs][kVectors];
#pragma GCC unroll 4
    for (int i = 0; i < kOutputs; ++i) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) sums[i][v] = _mm512_loadu_si512(row.start + block.first + 16 * v);
    }
    const std::int32_t* w = block.weights;
    for (std::int64_t column = 0; column < s.kernel[2]; ++column) {
        const std::uint8_t* quads =
            columns + column * s.dilation[2] * of_column * static_cast<std::int64_t>(kQuadBytes);
        for (std::int64_t q = 0; q < of_column; ++q, quads += kQuadBytes, w += kQuadChannels) {
#pragma GCC unroll 4
            for (int v = 0; v < kVectors; ++v) {
                const __m512i weights = _mm512_load_si512(w + 16 * v);
#pragma GCC unroll 4
                for (int i = 0; i < kOutputs; ++i)
                    sums[i][v] = _mm512_dpbusd_epi32(sums[i][v], _mm512_load_si512(quads + i * step + 64 * v),
                                                     weights);
            }
        }
    }
#pragma GCC unroll 4
    for (int i = 0; i < kOutputs; ++i) {
        const std::int64_t at = (x + i) * s.groups + block.first;
        store.put_interleaved(sums[i], row.scale + block.first, row.shift + block.first, row.y, at,
                              block.mask);
    }
}

ESPALIER_AVX512_VNNI void run_outputs(const QuadRow& row, const ByteStore& store, const Block& block,
                                      std::int64_t first, std::int64_t last) {
    const ConvShape& s = row.shape;
    const std::int64_t of_column = quads_of_column(s);
    const std::int64_t bytes = of_column * static_cast<std::int64_t>(kQuadBytes);
    const std::int64_t from = first * s.stride[2] - s.pad[2];
    const std::int64_t columns = (last - 1 - first) * s.stride[2] + (s.kernel[2] - 1) * s.dilation[2] + 1;
    for (std::int64_t i = 0; i < columns; ++i) {
        for (std::int64_t q = 0; q < of_column; ++q)
            interleave(row, row.rows + 4 * q, from + i, block.first, block.mask,
                       row.columns + i * bytes + q * static_cast<std::int64_t>(kQuadBytes));
    }
    const std::uint8_t* at = row.columns;
    std::int64_t x = first;
    for (; x + 4 <= last; x += 4, at += 4 * s.stride[2] * bytes) multiply<4>(row, store, block, at, x);
    for (; x < last; ++x, at += s.stride[2] * bytes) multiply<1>(row, store, block, at, x);
}

}  // namespace

void run_quad_row(const QuadRow& row) {
    const ByteStore store(row.finish);
    const ConvShape& s = row.shape;
    const std::int64_t of_block = s.kernel[2] * quads_of_column(s) * kQuadChannels;
    for (std::int64_t first = 0; first < s.groups; first += kQuadChannels) {
        const Block block{.weights = row.weights + first / kQuadChannels * of_block,
                          .first = first,
                          .mask = static_cast<__mmask64>(first_bits(s.groups - first))};
        for (std::int64_t x = 0; x < s.output[2]; x += kQuadOutputsAtOnce)
            run_outputs(row, store, block, x, std::min(x + kQuadOutputsAtOnce, s.output[2]));
    }
}

}  // namespace espalier::kernels

#else

namespace espalier::kernels {
void run_quad_row(const QuadRow&) {}
}  // namespace espalier::kernels

#endif
