// FLOP/s of the dense convolution: 2 * taps * positions a run, of depthwise convolutions of MobileNetV2.
#include <benchmark/benchmark.h>

#include "kernels/conv_f32_panel/conv_testing.h"
#include "kernels/depthwise_f32/depthwise_f32.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

/// Arguments: channels, size of the image, of the window, stride, nonzeros per thousand.
void depthwise(benchmark::State& state) {
    const std::int64_t size = state.range(1), window = state.range(2), stride = state.range(3);
    ConvShape shape = testing::conv_shape({1, size, size}, {1, window, window}, {1, stride, stride},
                                          {0, window / 2, window / 2});
    shape.groups = state.range(0);
    const auto channels = static_cast<std::size_t>(shape.groups);
    const auto w = testing::sparse_values(channels * static_cast<std::size_t>(shape.taps()),
                                          static_cast<double>(state.range(4)) / 1000, "w");
    const DepthwiseF32 kernel(shape, DepthwiseTaps(shape, w, testing::random_values(channels, "bias"), true),
                              1);
    testing::Buffer x(testing::random_values(channels * static_cast<std::size_t>(shape.pixels()), "x"), 0);
    testing::Buffer y(channels * static_cast<std::size_t>(shape.positions()), 0, 0.0F);
    testing::Buffer scratch(kernel.scratch_bytes() / sizeof(float), 0, 0.0F);
    for (auto _ : state) {
        kernel.run(x.data(), y.data(), {.low = 0}, reinterpret_cast<std::byte*>(scratch.data()));
        benchmark::ClobberMemory();
    }
    state.counters["flops"] =
        benchmark::Counter(2.0 * static_cast<double>(shape.groups * shape.taps() * shape.positions()) *
                               static_cast<double>(state.iterations()),
                           benchmark::Counter::kIsRate);
}

void arguments(benchmark::internal::Benchmark* benchmark) {
    struct Layer {
        int channels, size, window, stride;
    };
    for (const Layer& layer : {Layer{32, 112, 3, 1},
                               {96, 112, 3, 2},
                               {144, 56, 3, 1},
                               {144, 56, 3, 2},
                               {192, 28, 3, 1},
                               {576, 14, 3, 1},
                               {960, 7, 3, 1},
                               {480, 14, 5, 1}}) {
        for (const int per_thousand : {1000, 100})
            benchmark->Args({layer.channels, layer.size, layer.window, layer.stride, per_thousand});
    }
}
BENCHMARK(depthwise)->Apply(arguments);

}  // namespace
}  // namespace espalier::kernels
