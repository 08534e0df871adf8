// One row of X with weights of 16 bits, in every form that one could be read in: rows, columns, nonzeros per
// thousand, form. What 50,257 x 768 takes is the time of reading them from memory.
#include <benchmark/benchmark.h>

#include <array>
#include <functional>
#include <memory>

#include "kernels/gemv_halves/gemv_halves.h"
#include "kernels/spmv_f32_bitmap/spmv_f32_bitmap.h"
#include "kernels/spmv_f32_csr/spmv_f32_csr.h"
#include "kernels/spmv_halves_bitmap/spmv_halves_bitmap.h"
#include "kernels/spmv_halves_csr/spmv_halves_csr.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

using Multiply = std::function<void(const float* x, float* y)>;

struct Form {
    const char* name;
    std::size_t unit;  // rows that keep the same weights
    Multiply (*make)(std::int64_t rows, std::int64_t columns, const std::vector<float>& w,
                     const std::vector<float>& bias);
};

template <class Rows, auto kMultiply>
Multiply multiply(std::shared_ptr<const Rows> rows) {
    return [rows](const float* x, float* y) { kMultiply(*rows, 1, x, y, false, 1); };
}

template <int kUnit>
Multiply csr(std::int64_t rows, std::int64_t columns, const std::vector<float>& w,
             const std::vector<float>& bias) {
    return multiply<PackedRows, spmv_f32_csr>(std::make_shared<const PackedRows>(
        rows, columns, w, bias, PackedRows::Blocking{.block_columns = 65536, .unit = kUnit}));
}

template <int kUnit>
Multiply halves_csr(std::int64_t rows, std::int64_t columns, const std::vector<float>& w,
                    const std::vector<float>& bias) {
    return multiply<SparseHalves, spmv_halves_csr>(
        std::make_shared<const SparseHalves>(rows, columns, w, HalfType::f16, bias, kUnit));
}

Multiply dense(std::int64_t rows, std::int64_t columns, const std::vector<float>& w,
               const std::vector<float>& bias) {
    return multiply<HalfRows, gemv_halves>(
        std::make_shared<const HalfRows>(rows, columns, w, HalfType::f16, bias));
}

Multiply bitmap(std::int64_t rows, std::int64_t columns, const std::vector<float>& w,
                const std::vector<float>& bias) {
    return multiply<BitmapRows, spmv_f32_bitmap>(std::make_shared<const BitmapRows>(rows, columns, w, bias));
}

Multiply halves_bitmap(std::int64_t rows, std::int64_t columns, const std::vector<float>& w,
                       const std::vector<float>& bias) {
    return multiply<HalfBitmapRows, spmv_halves_bitmap>(
        std::make_shared<const HalfBitmapRows>(rows, columns, w, HalfType::f16, bias));
}

constexpr std::array kForms = {Form{"gemv_halves", 1, dense},
                               Form{"spmv_f32_csr", 1, csr<1>},
                               Form{"spmv_halves_csr", 1, halves_csr<1>},
                               Form{"spmv_f32_bitmap", 1, bitmap},
                               Form{"spmv_halves_bitmap", 1, halves_bitmap},
                               Form{"spmv_f32_csr 16x1", 16, csr<16>},
                               Form{"spmv_halves_csr 16x1", 16, halves_csr<16>}};

void halves(benchmark::State& state) {
    const std::int64_t rows = state.range(0);
    const std::int64_t columns = state.range(1);
    const Form& form = kForms.at(static_cast<std::size_t>(state.range(3)));
    const std::vector<float> w = testing::halves(
        testing::blocks_of_rows(static_cast<std::size_t>(rows), static_cast<std::size_t>(columns), form.unit,
                                static_cast<double>(state.range(2)) / 1000, "w"),
        HalfType::f16);
    const std::vector<float> bias(static_cast<std::size_t>(rows), 0.0F);
    const Multiply run = form.make(rows, columns, w, bias);
    testing::Buffer x(testing::random_values(static_cast<std::size_t>(columns), "x"), 0);
    testing::Buffer y(static_cast<std::size_t>(rows), 0, 0.0F);
    for (auto _ : state) {
        run(x.data(), y.data());
        benchmark::ClobberMemory();
    }
    state.SetLabel(form.name);
}

BENCHMARK(halves)
    ->ArgsProduct({{50257}, {768}, {500, 200, 100}, {0, 1, 2, 3, 4, 5, 6}})
    ->ArgsProduct({{3072}, {768}, {500, 200, 100}, {0, 1, 2, 3, 4, 5, 6}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace espalier::kernels
