// Useful FLOP/s: 2 * kept weights * positions a run, of convolutions of ResNet-50, in rows of pixels of bf16.
#include <benchmark/benchmark.h>

#include "kernels/conv_bf16_groups/conv_bf16_groups.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

/// Arguments: channels, outputs, size of the image, of the window, columns kept per thousand, outputs of a
/// group, number of the processor's unit.
void conv_groups(benchmark::State& state) {
    const auto units = bf16_units();
    const auto processor = static_cast<std::size_t>(state.range(6));
    if (processor >= units.size()) return state.SkipWithError("the processor has no such unit");
    const std::int64_t size = state.range(2), window = state.range(3);
    const ConvShape shape{.channels = state.range(0),
                          .outputs = state.range(1),
                          .input = {1, size, size},
                          .output = {1, size, size},
                          .kernel = {1, window, window},
                          .pad = {0, window / 2, window / 2}};
    const auto unit = static_cast<int>(state.range(5));
    const auto w = testing::blocks_of_rows(
        static_cast<std::size_t>(shape.outputs), static_cast<std::size_t>(shape.columns()),
        static_cast<std::size_t>(unit), static_cast<double>(state.range(4)) / 1000, "w");
    const std::vector<float> bias(static_cast<std::size_t>(shape.outputs), 0.5F);
    const auto tiles = std::make_shared<const GroupTiles>(shape.outputs, shape.columns(), w, bias, unit);
    const ConvBf16Groups kernel(shape, {tiles}, {.x_bf16 = true, .y_bf16 = true}, units[processor], 1);
    const std::vector<std::uint16_t> x(static_cast<std::size_t>(shape.channels * shape.pixels()),
                                       to_bf16(0.5F));
    std::vector<std::uint16_t> y(static_cast<std::size_t>(shape.outputs * shape.positions()));
    testing::Buffer scratch(kernel.scratch_bytes() / sizeof(float) + 1, 0, 0.0F);
    for (auto _ : state) {
        kernel.run(x.data(), y.data(), {.low = 0}, reinterpret_cast<std::byte*>(scratch.data()));
        benchmark::ClobberMemory();
    }
    const double kept = static_cast<double>(std::ssize(tiles->columns()) * unit * shape.positions());
    state.counters["flops"] =
        benchmark::Counter(2.0 * kept * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void arguments(benchmark::internal::Benchmark* benchmark) {
    struct Layer {
        int channels, outputs, size, window;
    };
    for (const Layer& layer : {Layer{64, 256, 56, 1},
                               {1024, 256, 14, 1},
                               {512, 2048, 7, 1},
                               {64, 64, 56, 3},
                               {256, 256, 14, 3},
                               {512, 512, 7, 3}}) {
        for (const int per_thousand : {200, 100, 50}) {
            for (const int unit : {16, 32}) {
                for (const int processor : {0, 1}) {
                    benchmark->Args({layer.channels, layer.outputs, layer.size, layer.window, per_thousand,
                                     unit, processor});
                }
            }
        }
    }
}

BENCHMARK(conv_groups)->Apply(arguments)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace espalier::kernels
