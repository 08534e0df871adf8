// Useful multiplications a second: kept weights * positions a run, of convolutions of ResNet-50.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "kernels/conv_i8_quads/conv_i8_quads.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

/// Arguments: channels, outputs, size of the image, of the window, quads kept per thousand, which of the
/// processor's units, and which of its groups.
void conv_quads(benchmark::State& state) {
    const auto units = byte_units();
    const auto processor = static_cast<std::size_t>(state.range(5));
    if (processor >= units.size()) return state.SkipWithError("the processor has no such unit");
    const int unit = rows_of(units[processor])[static_cast<std::size_t>(state.range(6))];
    const std::int64_t size = state.range(2), window = state.range(3);
    const ConvShape shape{.channels = state.range(0),
                          .outputs = state.range(1),
                          .input = {1, size, size},
                          .output = {1, size, size},
                          .kernel = {1, window, window},
                          .pad = {0, window / 2, window / 2}};
    const auto columns = static_cast<std::size_t>(shape.columns());
    std::vector<std::int16_t> w(static_cast<std::size_t>(shape.outputs) * columns);
    const auto kept = testing::blocks_of_rows(static_cast<std::size_t>(shape.outputs), columns / 4,
                                              static_cast<std::size_t>(unit),
                                              static_cast<double>(state.range(4)) / 1000, "w");
    for (std::size_t i = 0; i < w.size(); ++i) w[i] = kept[i / 4] != 0 ? std::int16_t{3} : std::int16_t{0};
    const ConvI8Quads conv(shape, {std::make_shared<const ByteQuads>(shape, w, unit)}, 1);
    const std::vector<std::uint8_t> x(static_cast<std::size_t>(shape.channels * shape.pixels()), 5);
    std::vector<std::uint8_t> y(static_cast<std::size_t>(shape.outputs * shape.positions()));
    const std::vector<float> scale(static_cast<std::size_t>(shape.outputs), 0.01F);
    const ByteFinish finish{.scale = scale.data(), .shift = scale.data(), .low = -200, .high = 200};
    testing::Buffer scratch(conv.scratch_bytes() / sizeof(float) + 1, 0, 0.0F);
    for (auto _ : state) {
        conv.run(x.data(), {.zero = 7}, y.data(), finish, reinterpret_cast<std::byte*>(scratch.data()));
        benchmark::ClobberMemory();
    }
    const auto products = static_cast<double>(std::ranges::count(w, std::int16_t{3}) * shape.positions());
    state.counters["products"] =
        benchmark::Counter(products * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void arguments(benchmark::internal::Benchmark* benchmark) {
    struct Layer {
        int channels, outputs, size, window;
    };
    for (const Layer& layer :
         {Layer{64, 256, 56, 1}, {1024, 256, 14, 1}, {64, 64, 56, 3}, {256, 256, 14, 3}, {512, 512, 7, 3}}) {
        for (const int per_thousand : {1000, 200, 100}) {
            for (const int processor : {0, 1}) {
                for (const int group : {0, 1}) {
                    benchmark->Args({layer.channels, layer.outputs, layer.size, layer.window, per_thousand,
                                     processor, group});
                }
            }
        }
    }
}

BENCHMARK(conv_quads)->Apply(arguments)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace espalier::kernels
