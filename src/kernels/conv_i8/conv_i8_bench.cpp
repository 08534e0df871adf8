// Multiplications a second: rows * inner * columns a run.
#include <benchmark/benchmark.h>

#include "kernels/conv_i8/conv_i8.h"

namespace espalier::kernels {
namespace {

/// Arguments: rows, inner, columns.
void product_i8(benchmark::State& state) {
    const std::int64_t rows = state.range(0);
    const std::int64_t inner = state.range(1);
    const std::int64_t columns = state.range(2);
    const ConvShape shape{
        .channels = inner, .outputs = columns, .input = {1, 1, rows}, .output = {1, 1, rows}};
    const std::vector<std::int16_t> w(static_cast<std::size_t>(inner * columns), 3);
    const ConvI8 conv(shape, std::make_shared<const PackedBytes>(shape, w), 1);
    const std::vector<std::uint8_t> x(static_cast<std::size_t>(rows * inner), 5);
    std::vector<std::uint8_t> y(static_cast<std::size_t>(rows * columns));
    const std::vector<float> scale(static_cast<std::size_t>(columns), 0.01F);
    const ByteFinish finish{.scale = scale.data(), .shift = scale.data(), .low = -200, .high = 200};
    std::vector<std::byte> scratch(conv.scratch_bytes());
    for (auto _ : state) {
        conv.run(x.data(), {.zero = 7}, y.data(), finish, scratch.data());
        benchmark::ClobberMemory();
    }
    state.counters["products"] = benchmark::Counter(
        static_cast<double>(rows * inner * columns) * static_cast<double>(state.iterations()),
        benchmark::Counter::kIsRate);
}

BENCHMARK(product_i8)
    ->Args({3136, 64, 64})
    ->Args({3136, 24, 144})
    ->Args({196, 96, 576})
    ->Args({196, 2304, 256})
    ->Args({49, 4608, 512})
    ->Args({64, 384, 1536})
    ->Args({1, 2048, 1000})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace espalier::kernels
