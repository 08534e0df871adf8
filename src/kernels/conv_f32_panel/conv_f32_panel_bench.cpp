// Useful FLOP/s: 2 * nonzeros * positions a run, of convolutions of ResNet-50.
#include <benchmark/benchmark.h>

#include "kernels/conv_f32_panel/conv_f32_panel.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

/// Arguments: channels, outputs, size of the image, of the window, nonzeros per thousand, columns of a block,
/// lanes.
void conv(benchmark::State& state) {
    const std::int64_t size = state.range(2);
    const std::int64_t window = state.range(3);
    const ConvShape shape{.channels = state.range(0),
                          .outputs = state.range(1),
                          .input = {1, size, size},
                          .output = {1, size, size},
                          .kernel = {1, window, window},
                          .pad = {0, window / 2, window / 2}};
    const auto unit = static_cast<int>(state.range(7));
    const auto w = testing::blocks_of_rows(
        static_cast<std::size_t>(shape.outputs), static_cast<std::size_t>(shape.columns()),
        static_cast<std::size_t>(unit), static_cast<double>(state.range(4)) / 1000, "w");
    const auto bias = testing::random_values(static_cast<std::size_t>(shape.outputs), "bias");
    const auto packed = std::make_shared<const PackedRows>(
        shape.outputs, shape.columns(), w, bias,
        PackedRows::Blocking{.block_columns = state.range(5), .unit = unit});
    const ConvF32Panel kernel(shape, {packed}, 1, state.range(6));
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
                               {128, 128, 28, 3},
                               {256, 256, 14, 3},
                               {512, 512, 7, 3}}) {
        for (const int per_thousand : {300, 200, 100, 50}) {
            for (const auto& [unit, lanes] : {std::pair{1, 32}, {1, 64}, {4, 48}, {4, 64}}) {
                for (const int kilobytes : {24, 32, 48}) {
                    benchmark->Args({layer.channels, layer.outputs, layer.size, layer.window, per_thousand,
                                     kilobytes * 256 / lanes, lanes, unit});
                }
            }
        }
    }
}

BENCHMARK(conv)->Apply(arguments)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace espalier::kernels
