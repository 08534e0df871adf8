// Element-wise loops over values that are repeated as numpy repeats them, of any types.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <tuple>
#include <type_traits>

#include "base/threads/parallel.h"
#include "graph/walk.h"
#include "runtime/cost_model.h"
#include "runtime/lowering.h"

namespace espalier::runtime {

/// N values seen as the output that they are repeated to: as few dimensions as possible, and along the last
/// one each value is either read in order (step 1) or repeated (step 0).
template <std::size_t N>
struct Broadcast {
    Shape sizes;  // at least one
    std::array<Shape, N> strides;

    Broadcast(const std::array<Shape, N>& inputs, const Shape& output) {
        std::array<Shape, N> all;
        for (std::size_t k = 0; k < N; ++k) all[k] = espalier::repeated_strides(inputs[k], output);
        for (std::size_t d = 0; d < output.size(); ++d) {
            if (output[d] == 1) continue;
            bool joins = !sizes.empty();
            for (std::size_t k = 0; joins && k < N; ++k) joins = strides[k].back() == all[k][d] * output[d];
            if (joins) {
                sizes.back() *= output[d];
                for (std::size_t k = 0; k < N; ++k) strides[k].back() = all[k][d];
            } else {
                sizes.push_back(output[d]);
                for (std::size_t k = 0; k < N; ++k) strides[k].push_back(all[k][d]);
            }
        }
        if (sizes.empty()) {
            sizes.push_back(1);
            for (Shape& steps : strides) steps.push_back(0);
        }
    }

    std::int64_t row() const { return sizes.back(); }
    std::int64_t rows() const { return element_count(sizes) / std::max<std::int64_t>(row(), 1); }
    /// Where each value's part of a row starts.
    std::array<std::int64_t, N> starts(std::int64_t row) const {
        std::array<std::int64_t, N> at{};
        for (std::size_t d = sizes.size() - 1; d-- > 0; row /= sizes[d]) {
            for (std::size_t k = 0; k < N; ++k) at[k] += row % sizes[d] * strides[k][d];
        }
        return at;
    }
    bool repeats(std::size_t k) const { return strides[k].back() == 0; }
};

/// y[i] = f(x[i]...), where those that repeat give x[0]: a loop for each of the ways to repeat, so that the
/// compiler vectorises it.
template <class Y, class F, class... Done>
void broadcast_row(const F& f, Y* y, std::int64_t count, const std::tuple<Done...>& done) {
    std::apply(
        [&](const auto&... read) {
            for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<Y>(f(read(i)...));
        },
        done);
}
template <class Y, class F, class... Done, class X, class... More>
void broadcast_row(const F& f, Y* y, std::int64_t count, const std::tuple<Done...>& done,
                   std::pair<const X*, bool> next, std::pair<const More*, bool>... more) {
    const X* x = next.first;
    if (next.second) {
        const auto same = [value = *x](std::int64_t) { return value; };
        broadcast_row(f, y, count, std::tuple_cat(done, std::tuple(same)), more...);
    } else {
        const auto each = [x](std::int64_t i) { return x[i]; };
        broadcast_row(f, y, count, std::tuple_cat(done, std::tuple(each)), more...);
    }
}

/// y = f(x...), x of types X.
template <class Y, class F, class... X>
class BroadcastKernel final : public Kernel {
  public:
    static constexpr std::size_t kInputs = sizeof...(X);
    BroadcastKernel(const std::array<Shape, kInputs>& inputs, const Shape& output, F f, int threads)
        : form_(inputs, output), f_(std::move(f)), threads_(threads) {}

    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte*) override {
        // Parts of rows, as values that repeat nothing are a single one.
        const std::int64_t parts = (form_.row() + kPart - 1) / kPart;
        parallel_for(form_.rows() * parts, threads_, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
                const std::int64_t first = i % parts * kPart;
                run_part(inputs, outputs[0].template as<Y>(), i / parts, first,
                         std::min(kPart, form_.row() - first), std::index_sequence_for<X...>());
            }
        });
    }

  private:
    static constexpr std::int64_t kPart = 4096;

    template <std::size_t... K>
    void run_part(std::span<const Operand> inputs, Y* output, std::int64_t row, std::int64_t first,
                  std::int64_t count, std::index_sequence<K...>) const {
        const auto at = form_.starts(row);
        broadcast_row(f_, output + row * form_.row() + first, count, std::tuple<>(),
                      std::pair(inputs[K].template as<X>() + at[K] + (form_.repeats(K) ? 0 : first),
                                form_.repeats(K))...);
    }

    Broadcast<kInputs> form_;
    F f_;
    int threads_;
};

/// The candidate that computes it for the first operands of the site.
template <class Y, class... X, class F>
Candidate broadcast_loops(const LoweringContext& site, const F& f) {
    std::array<Shape, sizeof...(X)> inputs;
    for (std::size_t k = 0; k < inputs.size(); ++k) inputs[k] = site.operands[k].shape;
    return {.name = "loops",
            .single_us = 2 * predict_element_us(element_count(site.output)),
            .make = [inputs, output = site.output, f](int threads) -> std::shared_ptr<Kernel> {
                return std::make_shared<BroadcastKernel<Y, F, X...>>(inputs, output, f, threads);
            }};
}

}  // namespace espalier::runtime
