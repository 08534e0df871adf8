// What a kernel should take, from counts of what it does: keeps hopeless candidates off the shortlist, and is
// shown beside what was measured. Constants are cycles measured on a Zen 4 core; other cores differ by a
// small factor.
#pragma once

#include <cstdint>

namespace espalier::runtime {

struct LayerSize {
    std::int64_t batch = 0, inputs = 0, outputs = 0;
    std::int64_t nonzeros = 0;
    int unit = 1;  // outputs that a sparse kernel reads together
};

/// With more of its weights left a layer has too few zeros for a sparse kernel to win.
inline constexpr double kMostLeft = 0.9;

/// Time of a dense layer in bf16, of that in f32: instructions of AVX-512 BF16 do twice as many products,
/// those of AMX sixteen times as many, of which memory leaves a part.
inline constexpr double kBf16Share = 0.4;

// All on one thread.
double predict_dense_us(const LayerSize& size);
/// Products of bytes, exact.
double predict_bytes_us(const LayerSize& size);
double predict_spmm_us(const LayerSize& size);
/// Columns of a block of spmm_f32_panel that suit this share of weights left and this width of panels.
std::int64_t panel_block_columns(double density, std::int64_t panel_width);
double predict_spmv_us(const LayerSize& size);
double predict_bitmap_us(const LayerSize& size);
double predict_halves_us(const LayerSize& size);
double predict_spmv_halves_us(const LayerSize& size);
double predict_bitmap_halves_us(const LayerSize& size);
/// Of conv_f32_panel: `size` is that of one group on one image, its batch the positions of the output, and it
/// is done so many times, in blocks of so many columns.
struct ConvSize {
    LayerSize size;
    std::int64_t block = 0;
    std::int64_t times = 1;
};
double predict_conv_panel_us(const ConvSize& conv);
/// Of depthwise_f32, which places so many floats of a channel before.
struct DepthwiseSize {
    std::int64_t channels = 0, placed = 0, outputs = 0;  // in all images
    std::int64_t positions = 0;                          // of an output
    double taps = 0;                                     // of an output, on average
};
double predict_depthwise_us(const DepthwiseSize& size);
/// Of conv_f16_panel, with panels of so many lanes.
double predict_f16_panel_us(const ConvSize& conv, std::int64_t lanes);
/// Of conv_bf16_groups, which rounds or copies so many elements of the input of each before.
double predict_conv_groups_us(const ConvSize& conv, std::int64_t elements);
/// Row-major to panels or back.
double predict_transpose_us(std::int64_t batch, std::int64_t features);
/// Add, Relu, Softmax: whatever touches each element once.
double predict_element_us(std::int64_t count);
/// Rewriting an image of so many elements in another layout.
double predict_reorder_us(std::int64_t count);

/// Threads worth trying, of `available`, for work that takes one thread `single_us`.
int useful_threads(double single_us, int available);
/// The same work on several threads.
double shared_us(double single_us, int threads);

}  // namespace espalier::runtime
