// Useful FLOP/s: 2 * nonzeros * batch a run. from_memory: the weights are too many for any cache, as those of
// a decoder are, by both kernels for them.
#include <benchmark/benchmark.h>

#include <optional>

#include "kernels/spmv_f32_bitmap/spmv_f32_bitmap.h"
#include "kernels/spmv_f32_csr/spmv_f32_csr.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

/// Arguments: rows, columns, batch, nonzeros per thousand.
void spmv(benchmark::State& state) {
    const std::int64_t rows = state.range(0);
    const std::int64_t columns = state.range(1);
    const std::int64_t batch = state.range(2);
    const double density = static_cast<double>(state.range(3)) / 1000;
    const auto w = testing::sparse_values(static_cast<std::size_t>(rows * columns), density, "w");
    const PackedRows packed(rows, columns, w, testing::random_values(static_cast<std::size_t>(rows), "bias"),
                            {.block_columns = 65536});
    testing::Buffer x(testing::random_values(static_cast<std::size_t>(batch * columns), "x"), 0);
    testing::Buffer y(static_cast<std::size_t>(batch * rows), 0, 0.0F);
    for (auto _ : state) {
        spmv_f32_csr(packed, batch, x.data(), y.data(), true, 1);
        benchmark::ClobberMemory();
    }
    state.counters["flops"] = benchmark::Counter(
        2.0 * static_cast<double>(packed.nonzeros() * batch) * static_cast<double>(state.iterations()),
        benchmark::Counter::kIsRate);
}

/// Arguments: nonzeros per thousand, values in a column that are kept together (0: as a bitmap).
void from_memory(benchmark::State& state) {
    constexpr std::int64_t kRows = 50257;  // words of GPT-2
    constexpr std::int64_t kColumns = 768;
    const double density = static_cast<double>(state.range(0)) / 1000;
    const auto unit = static_cast<int>(state.range(1));
    const std::vector<float> bias(kRows, 0.0F);
    std::vector<float> w = testing::sparse_values(static_cast<std::size_t>(kRows * kColumns), density, "w");
    for (std::int64_t row = 0; row < kRows && unit > 1; ++row) {  // as its unit's first row
        const std::int64_t first = row / unit * unit;
        for (std::int64_t k = 0; k < kColumns; ++k)
            w[static_cast<std::size_t>(row * kColumns + k)] =
                w[static_cast<std::size_t>(first * kColumns + k)];
    }
    testing::Buffer x(testing::random_values(kColumns, "x"), 0);
    testing::Buffer y(kRows, 0, 0.0F);
    std::optional<BitmapRows> bits;
    std::optional<PackedRows> packed;
    if (unit == 0)
        bits.emplace(kRows, kColumns, w, bias);
    else
        packed.emplace(kRows, kColumns, w, bias, PackedRows::Blocking{.block_columns = 65536, .unit = unit});
    for (auto _ : state) {
        if (bits)
            spmv_f32_bitmap(*bits, 1, x.data(), y.data(), false, 1);
        else
            spmv_f32_csr(*packed, 1, x.data(), y.data(), false, 1);
        benchmark::ClobberMemory();
    }
}

BENCHMARK(from_memory)->ArgsProduct({{500, 200, 100}, {0, 1, 16}})->Unit(benchmark::kMillisecond);
BENCHMARK(spmv)
    ->ArgsProduct({{300}, {784}, {1, 2, 4}, {500, 200, 100, 40, 20}})
    ->ArgsProduct({{1024}, {1024}, {1, 2, 4}, {500, 200, 100, 40, 20}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace espalier::kernels
