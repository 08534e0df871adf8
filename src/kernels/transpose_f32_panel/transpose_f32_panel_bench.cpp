// Bytes/s: what is read and written.
#include <benchmark/benchmark.h>

#include "kernels/testing.h"
#include "kernels/transpose_f32_panel/transpose_f32_panel.h"

namespace espalier::kernels {
namespace {

/// Arguments: batch, features.
template <bool kToPanels>
void transpose(benchmark::State& state) {
    const Panels panels{state.range(0)};
    const std::int64_t features = state.range(1);
    testing::Buffer rows(testing::random_values(static_cast<std::size_t>(panels.batch * features), "x"), 0);
    testing::Buffer packed(static_cast<std::size_t>(panels.size(features)), 0, 0.0F);
    for (auto _ : state) {
        if constexpr (kToPanels) {
            to_panels_f32(panels, features, rows.data(), packed.data(), 1);
        } else {
            from_panels_f32(panels, features, packed.data(), rows.data(), 1);
        }
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * 8 * panels.batch * features);
}

const std::vector<std::vector<std::int64_t>> kSizes = {{1, 8, 16, 64, 128}, {10, 100, 300, 784, 1024}};

BENCHMARK(transpose<true>)->ArgsProduct(kSizes)->Unit(benchmark::kMicrosecond);
BENCHMARK(transpose<false>)->ArgsProduct(kSizes)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace espalier::kernels
