// Useful FLOP/s: 2 * nonzeros * batch a run. A core of Zen 4 at 3.6 GHz can do 116 G of them.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "kernels/spmm_f32_panel/spmm_f32_panel.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

/// Arguments: rows, columns, batch, nonzeros per thousand, columns of a block, parts.
void spmm(benchmark::State& state) {
    const std::int64_t rows = state.range(0);
    const std::int64_t columns = state.range(1);
    const Panels panels{state.range(2)};
    const double density = static_cast<double>(state.range(3)) / 1000;
    const auto w = testing::sparse_values(static_cast<std::size_t>(rows * columns), density, "w");
    const PackedRows packed(rows, columns, w, testing::random_values(static_cast<std::size_t>(rows), "bias"),
                            {.block_columns = state.range(4), .parts = static_cast<int>(state.range(5))});
    testing::Buffer x(testing::random_values(static_cast<std::size_t>(panels.size(columns)), "x"), 0);
    testing::Buffer y(static_cast<std::size_t>(panels.size(rows)), 0, 0.0F);
    for (auto _ : state) {
        spmm_f32_panel(packed, panels, x.data(), y.data(), true, 1);
        benchmark::ClobberMemory();
    }
    state.counters["flops"] = benchmark::Counter(
        2.0 * static_cast<double>(packed.nonzeros() * panels.batch) * static_cast<double>(state.iterations()),
        benchmark::Counter::kIsRate);
}

void arguments(benchmark::internal::Benchmark* benchmark) {
    for (const auto& [rows, columns] : {std::pair{300, 784}, {100, 300}, {1024, 1024}, {3072, 768}}) {
        for (const int batch : {8, 16, 32, 64, 128}) {
            for (const int per_thousand : {500, 200, 100, 40, 20}) {
                for (const int block : {128, 256, 512, 1024}) {
                    for (const int parts : {1, 4, 12})
                        benchmark->Args({rows, columns, batch, per_thousand, block, parts});
                }
            }
        }
    }
}

BENCHMARK(spmm)->Apply(arguments)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace espalier::kernels
