// Reductions: dimensions folded to one number, sums in double, as graph/computation/reduction.h defines them.
#pragma once

#include <algorithm>
#include <vector>

#include "runtime/loops/loop_kernel.h"
#include "runtime/loops/strides.h"
#include "runtime/lowering.h"
#include "runtime/reductions/fold_lanes.h"

namespace espalier::runtime {

/// Axes are an attribute, or constants of 64 bits.
bool takes_reduction(const Node& node, const std::map<std::string, ValueType>& types, const Graph& graph);

/// The dimensions of an input in two parts, those that stay and those that go.
struct Reduced {
    Walk kept, gone;
    static Reduced of(const LoweringContext& site);
};

/// y = finish(fold of step from start). `combine` puts two folds together.
template <class Acc, class Step, class Combine, class Finish>
struct Folding {
    using Accumulator = Acc;
    Acc start;
    Step step;
    Combine combine;
    Finish finish;
};

namespace reduced_ {

constexpr std::int64_t kBlock = 64;  // outputs that are folded side by side

/// Outputs [begin, end), each over elements of which the last dimension lies together.
template <class F>
void rows(const F& f, const Reduced& form, const float* x, float* y, std::int64_t begin, std::int64_t end) {
    Walk outer = form.gone;
    const std::int64_t length = outer.sizes.back();
    outer.sizes.pop_back();
    outer.strides.pop_back();
    const std::int64_t count = outer.count();
    for (std::int64_t i = begin; i < end; ++i) {
        const float* from = x + form.kept.offset(i);
        typename F::Accumulator all = f.start;
        for (std::int64_t row = 0; row < count; ++row)
            all = f.combine(all, fold_lanes(from + outer.offset(row), length, f.start, f.step, f.combine));
        y[i] = static_cast<float>(f.finish(all));
    }
}

/// Outputs of blocks [begin, end) of the last dimension that stays: neighbours are folded side by side.
template <class F>
void columns(const F& f, const Reduced& form, const float* x, float* y, std::int64_t begin,
             std::int64_t end) {
    const std::int64_t width = form.kept.sizes.back();
    const std::int64_t step = form.kept.strides.back();
    const std::int64_t blocks = (width + kBlock - 1) / kBlock;
    const std::int64_t count = form.gone.count();
    for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t first = i / blocks * width + i % blocks * kBlock;
        const std::int64_t columns = std::min(kBlock, width - i % blocks * kBlock);
        const float* from = x + form.kept.offset(first);
        typename F::Accumulator folds[kBlock];
        std::fill_n(folds, kBlock, f.start);
        for (std::int64_t k = 0; k < count; ++k) {
            const float* row = from + form.gone.offset(k);
            if (step == 1) {
                for (std::int64_t j = 0; j < columns; ++j) folds[j] = f.step(folds[j], row[j]);
            } else {
                for (std::int64_t j = 0; j < columns; ++j) folds[j] = f.step(folds[j], row[j * step]);
            }
        }
        for (std::int64_t j = 0; j < columns; ++j) y[first + j] = static_cast<float>(f.finish(folds[j]));
    }
}

}  // namespace reduced_

template <class F>
std::vector<Candidate> reduced(const LoweringContext& site, const F& f) {
    const Reduced form = Reduced::of(site);
    const std::int64_t count = element_count(site.operands[0].shape);
    const bool by_rows = !form.gone.sizes.empty() && form.gone.strides.back() == 1;
    if (by_rows || form.kept.sizes.empty()) {
        return {loops(form.kept.count(), count,
                      [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                          reduced_::rows(f, form, inputs[0].f32(), output.f32(), begin, end);
                      })};
    }
    const std::int64_t width = form.kept.sizes.back();
    const std::int64_t blocks = (width + reduced_::kBlock - 1) / reduced_::kBlock;
    return {loops(width == 0 ? 0 : form.kept.count() / width * blocks, count,
                  [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                      reduced_::columns(f, form, inputs[0].f32(), output.f32(), begin, end);
                  })};
}

/// finish(sum of f(x)).
template <class F, class Finish>
std::vector<Candidate> summed(const LoweringContext& site, const F& f, const Finish& finish) {
    const auto step = [f](double sum, float x) { return sum + f(static_cast<double>(x)); };
    const auto combine = [](double a, double b) { return a + b; };
    return reduced(site,
                   Folding<double, decltype(step), decltype(combine), Finish>{0, step, combine, finish});
}

/// The element that comes before all others by `better(x, best)`; NaN where one is.
template <class Better>
std::vector<Candidate> extreme(const LoweringContext& site, float start, const Better& better) {
    const auto step = [better](float best, float x) {
        const float chosen = better(x, best) ? x : best;
        return x != x ? x : chosen;
    };
    const auto finish = [](float best) { return best; };
    return reduced(
        site, Folding<float, decltype(step), decltype(step), decltype(finish)>{start, step, step, finish});
}

}  // namespace espalier::runtime
