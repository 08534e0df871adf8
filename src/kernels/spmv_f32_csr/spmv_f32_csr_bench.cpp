// Useful FLOP/s: 2 * nonzeros * batch a run.
#include <benchmark/benchmark.h>

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

BENCHMARK(spmv)
    ->ArgsProduct({{300}, {784}, {1, 2, 4}, {500, 200, 100, 40, 20}})
    ->ArgsProduct({{1024}, {1024}, {1, 2, 4}, {500, 200, 100, 40, 20}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace espalier::kernels
