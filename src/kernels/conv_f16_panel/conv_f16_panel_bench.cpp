// Useful FLOP/s: 2 * nonzeros * positions a run, of convolutions of ResNet-50 and products of BERT-base.
#include <benchmark/benchmark.h>

#include "kernels/conv_f16_panel/conv_f16_panel.h"
#include "kernels/cpu_features.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

/// Arguments: channels, outputs, size of the image, or rows of a product, of the window, 0 for a product,
/// nonzeros per thousand, kilobytes of a block, lanes.
void conv_f16(benchmark::State& state) {
    if (!has_avx512_fp16()) return state.SkipWithError("the processor has no AVX-512 FP16");
    const std::int64_t size = state.range(2), window = state.range(3), lanes = state.range(6);
    const bool rows = window == 0;
    const ConvShape::Sizes image{1, rows ? 1 : size, size};
    ConvShape shape{.channels = state.range(0), .outputs = state.range(1), .input = image, .output = image};
    if (!rows) {
        shape.kernel = {1, window, window};
        shape.pad = {0, window / 2, window / 2};
    }
    const auto w = testing::sparse_values(static_cast<std::size_t>(shape.outputs * shape.columns()),
                                          static_cast<double>(state.range(4)) / 1000, "w");
    const auto bias = testing::random_values(static_cast<std::size_t>(shape.outputs), "bias");
    const auto packed = std::make_shared<const F16Rows>(
        PackedRows(shape.outputs, shape.columns(), w, bias, {.block_columns = state.range(5) * 512 / lanes}));
    const ConvF16Panel kernel(shape, {packed}, rows, 1, lanes);
    testing::Buffer x(testing::random_values(static_cast<std::size_t>(shape.channels * shape.pixels()), "x"),
                      0);
    testing::Buffer y(static_cast<std::size_t>(shape.outputs * shape.positions()), 0, 0.0F);
    testing::Buffer scratch(kernel.scratch_bytes() / sizeof(float), 0, 0.0F);
    for (auto _ : state) {
        kernel.run(x.data(), y.data(), {.low = 0}, reinterpret_cast<std::byte*>(scratch.data()));
        benchmark::ClobberMemory();
    }
    state.counters["flops"] =
        benchmark::Counter(2.0 * static_cast<double>(packed->nonzeros() * shape.positions()) *
                               static_cast<double>(state.iterations()),
                           benchmark::Counter::kIsRate);
}

void arguments(benchmark::internal::Benchmark* benchmark) {
    struct Layer {
        int channels, outputs, size, window;
    };
    for (const Layer& layer : {Layer{64, 256, 56, 1},
                               {512, 128, 28, 1},
                               {1024, 256, 14, 1},
                               {512, 2048, 7, 1},
                               {64, 64, 56, 3},
                               {256, 256, 14, 3},
                               {512, 512, 7, 3},
                               {768, 3072, 128, 0},
                               {3072, 768, 128, 0}}) {
        for (const int per_thousand : {200, 100, 50}) {
            for (const int lanes : {64, 128}) {
                for (const int kilobytes : {24, 32, 40}) {
                    benchmark->Args({layer.channels, layer.outputs, layer.size, layer.window, per_thousand,
                                     kilobytes, lanes});
                }
            }
        }
    }
}

BENCHMARK(conv_f16)->Apply(arguments)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace espalier::kernels
