#include "runtime/cost_model.h"

#include <algorithm>
#include <cmath>

#include "kernels/panel.h"

namespace espalier::runtime {
namespace {

constexpr double kL1Bytes = 32 * 1024;
constexpr double kL3Bytes = 16 * 1024 * 1024;
constexpr double kForkUs = 1;   // an OpenMP region on several threads
constexpr double kShareUs = 5;  // of work for each thread

constexpr double kCycleNs =
    0.3;  // of any processor: the same graph is compiled to the same program each time

double us(double cycles) { return cycles * kCycleNs / 1000; }

/// Of sparse weights, which are read in one stream: from memory two thirds of what several streams of dense
/// ones reach (Zen 3: 15 and 20 GB/s).
double reading_cycles(double bytes) { return bytes / (bytes < kL3Bytes ? 26 : 4.3); }

double as_double(std::int64_t value) { return static_cast<double>(value); }

/// Cycles of a nonzero with so many 512-bit vectors of a panel: an FMA each, or what it loads. Outputs that
/// are read together share the loads of the panel.
double nonzero_cycles(double vectors, int unit) { return std::max(vectors, vectors / unit + 1); }

}  // namespace

double predict_dense_us(const LayerSize& size) {
    const double weights = as_double(size.inputs) * as_double(size.outputs);
    const double products = weights * as_double(size.batch) / (16 * 0.93);  // oneDNN, of 16 a cycle
    const double bytes = weights * sizeof(float);
    const double reading = bytes / (bytes < kL3Bytes ? 26 : 6.3);  // a cycle, from the caches or from memory
    return us(std::max(products, reading) + 1000);
}

double predict_bytes_us(const LayerSize& size) {
    const double products = as_double(size.inputs) * as_double(size.outputs) * as_double(size.batch);
    return us(products / 26 + as_double(size.batch) * as_double(size.outputs) / 4 + 1000);
}

std::int64_t panel_block_columns(double density, std::int64_t panel_width) {
    // Wide enough for 8 nonzeros a row, or loading and storing the sums weighs too much. Of a 64 wide panel,
    // 128 columns (32 KB) are the fewest and 400 the most that pay (784 and 1024 inputs, 50 % to 2 % left).
    const double columns = std::clamp(8 / std::max(density, 1e-6), 128.0, 400.0);
    return static_cast<std::int64_t>(columns) * kernels::Panels::kWidth / panel_width;
}

double predict_spmm_us(const LayerSize& size) {
    const kernels::Panels panels{size.batch};
    const double density = as_double(size.nonzeros) / (as_double(size.inputs) * as_double(size.outputs));
    const double block = as_double(std::min(panel_block_columns(density, panels.width(0)), size.inputs));
    const double blocks = as_double(size.inputs) / block;
    const auto panel_cycles = [&](std::int64_t panel) {
        const double width = as_double(panels.width(panel));
        const double loads = width == 8 ? 1.4 : nonzero_cycles(width / 16, size.unit);
        const double missed = std::max(0.0, 1 - kL1Bytes / (block * width * sizeof(float)));
        const double nonzero = std::max(loads, missed * width * sizeof(float) / 32);
        const double row = 3.1 * width / 16 + 10;  // its sums loaded and stored, and a branch mispredicted
        return as_double(size.nonzeros) * nonzero + as_double(size.outputs) * blocks * row;
    };
    return us(as_double(panels.count() - 1) * panel_cycles(0) + panel_cycles(panels.count() - 1));
}

double predict_spmv_us(const LayerSize& size) {
    if (size.unit > 1) {  // rows side by side: a broadcast and their weights, 16 in two loads, or from memory
        const double products = as_double(size.nonzeros) / size.unit * std::max(1.0, size.unit / 8.0);
        return us(as_double(size.batch) * (std::max(products, as_double(size.nonzeros) / 6.5) +
                                           as_double(size.outputs) / size.unit * 10));
    }
    const double pairs = as_double(size.batch / 2);
    const double single = as_double(size.batch % 2);
    const double cycles = as_double(size.nonzeros) * (1.65 * pairs + 1.15 * single) +
                          as_double(size.outputs) * 10 * (pairs + single);
    return us(std::max(cycles, reading_cycles(as_double(size.nonzeros) * 6) * (pairs + single)));
}

double predict_bitmap_us(const LayerSize& size) {
    const double weights = as_double(size.inputs) * as_double(size.outputs);
    const double bytes = as_double(size.nonzeros) * sizeof(float) + weights / 8;
    const double placing = weights / 8 * 2.2 + as_double(size.outputs) * 12;  // eight at once
    return us(as_double(size.batch) * std::max(placing, reading_cycles(bytes)));
}

double predict_halves_us(const LayerSize& size) {
    const double weights = as_double(size.inputs) * as_double(size.outputs);
    const double bytes = 2 * weights;
    const double products = as_double(size.batch) * (weights / 16 * 1.5 + as_double(size.outputs) * 12);
    return us(std::max(products, bytes / (bytes < kL3Bytes ? 26 : 6.3)));
}

double predict_spmv_halves_us(const LayerSize& size) {
    const double outputs = as_double(size.outputs);
    const double others = as_double(size.batch - 1);  // rows of X behind the first
    const bool single = size.unit == 1;
    const double bytes = as_double(size.nonzeros) * (single ? 4 : 2 + 2.0 / size.unit);
    const double nonzero = single ? 0.85 + 0.8 * others : (2 + others) / size.unit;
    const double products = as_double(size.nonzeros) * nonzero + outputs / size.unit * 15;
    return us(std::max(products, reading_cycles(bytes)));
}

double predict_bitmap_halves_us(const LayerSize& size) {
    const double weights = as_double(size.inputs) * as_double(size.outputs);
    const double bytes = 2 * as_double(size.nonzeros) + weights / 8;
    const double placing =
        weights / 8 * (1.4 + 0.3 * as_double(size.batch - 1)) + as_double(size.outputs) * 12;
    return us(std::max(placing, reading_cycles(bytes)));
}

double predict_conv_panel_us(const ConvSize& conv) {
    const LayerSize& size = conv.size;
    const kernels::Panels panels{size.batch};
    const double blocks = std::ceil(as_double(size.inputs) / as_double(conv.block));
    const auto panel_cycles = [&](std::int64_t panel) {
        const double vectors = as_double(panels.width(panel)) / 16;
        const double row = 3.1 * vectors + 10;  // as of predict_spmm_us()
        const double packing = 2 * vectors + 3;
        return as_double(size.nonzeros) * nonzero_cycles(vectors, size.unit) +
               as_double(size.outputs) * blocks * row + as_double(size.inputs) * packing;
    };
    const double cycles = as_double(panels.count() - 1) * panel_cycles(0) + panel_cycles(panels.count() - 1);
    return us(cycles * as_double(conv.times) + 500);
}

double predict_depthwise_us(const DepthwiseSize& size) {
    const double plane = as_double(size.positions) / 16 * (size.taps + 2) + 60;
    return us(as_double(size.channels) * as_double(size.placed) / 8 + as_double(size.outputs) * plane + 500);
}

double predict_f16_panel_us(const ConvSize& conv, std::int64_t lanes) {
    const LayerSize& size = conv.size;
    const double blocks = std::ceil(as_double(size.inputs) / as_double(conv.block));
    const double runs = std::ceil(as_double(size.nonzeros) / as_double(size.outputs) / blocks / 64);
    const auto panel_cycles = [&](std::int64_t positions) {
        const double vectors = std::ceil(as_double(positions) / 32);
        // As of predict_spmm_us(), of sums in f32; those of a run are widened and added.
        const double row = 3.1 * 2 * vectors + 4 * vectors * runs + 10;
        const double packing = 2 * 2.5 * vectors + 3;
        return as_double(size.nonzeros) * nonzero_cycles(vectors, 1) +
               as_double(size.outputs) * blocks * row + as_double(size.inputs) * packing;
    };
    double cycles = as_double(size.batch / lanes) * panel_cycles(lanes);
    if (size.batch % lanes > 0) cycles += panel_cycles(size.batch % lanes);
    return us(cycles * as_double(conv.times) + 500);
}

double predict_conv_groups_us(const ConvSize& conv, std::int64_t elements) {
    const LayerSize& size = conv.size;
    // Of a chunk of 32 columns: 64 cycles of products (AMX; as many as two in AVX-512 BF16), beside which
    // what is read is gathered; and 200 for the sums of a unit. At 32 positions, of 32 outputs.
    const double units = std::ceil(as_double(size.outputs) / size.unit) * size.unit / 32;
    const double chunks = std::ceil(as_double(size.nonzeros) / as_double(size.outputs) / 32);
    const double spans = std::ceil(as_double(size.batch) / 32);
    return us(as_double(conv.times) * (spans * units * (90 * chunks + 200) + as_double(elements) / 8) + 1000);
}

double predict_transpose_us(std::int64_t batch, std::int64_t features) {
    return us(0.29 * as_double(batch) * as_double(features) + 50);
}

// What is read next is in none of the caches that it would have been in.
double predict_reorder_us(std::int64_t count) { return us(2 * as_double(count) + 2000); }

double predict_element_us(std::int64_t count) { return us(as_double(count) + 1000); }

int useful_threads(double single_us, int available) {
    return std::clamp(static_cast<int>(std::min(single_us / kShareUs, 1e6)), 1, available);
}

double shared_us(double single_us, int threads) {
    return threads == 1 ? single_us : single_us / threads + kForkUs;
}

}  // namespace espalier::runtime
