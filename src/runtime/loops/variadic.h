// Operators that fold any number of inputs, repeated as numpy repeats them, into one.
#pragma once

#include <vector>

#include "runtime/loops/broadcast.h"

namespace espalier::runtime {

/// y = f(f(x0, x1), x2) ..., then y = finish(y, number of inputs).
template <class F, class Finish>
class FoldKernel final : public Kernel {
  public:
    FoldKernel(const std::vector<Shape>& shapes, const Shape& y, F f, Finish finish, int threads)
        : finish_(std::move(finish)), count_(element_count(y)), inputs_(shapes.size()) {
        if (inputs_ == 1) return;
        first_ = std::make_unique<Pair>(std::array{shapes[0], shapes[1]}, y, f, threads);
        for (std::size_t i = 2; i < inputs_; ++i)
            more_.push_back(std::make_unique<Pair>(std::array{y, shapes[i]}, y, f, threads));
    }

    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte*) override {
        float* y = outputs[0].f32();
        if (first_ == nullptr) {
            std::copy_n(inputs[0].f32(), count_, y);
        } else {
            first_->run(inputs.first(2), outputs, nullptr);
        }
        for (std::size_t i = 0; i < more_.size(); ++i)
            more_[i]->run(std::array<Operand, 2>{outputs[0], inputs[i + 2]}, outputs, nullptr);
        if constexpr (!std::is_same_v<Finish, std::nullptr_t>) {
            for (std::int64_t i = 0; i < count_; ++i) y[i] = finish_(y[i], inputs_);
        }
    }

  private:
    using Pair = BroadcastKernel<float, F, float, float>;
    Finish finish_;
    std::int64_t count_;
    std::size_t inputs_;
    std::unique_ptr<Pair> first_;
    std::vector<std::unique_ptr<Pair>> more_;
};

template <class F, class Finish = std::nullptr_t>
std::vector<Candidate> folded_inputs(const LoweringContext& site, const F& f, const Finish& finish = {}) {
    const auto inputs = static_cast<std::int64_t>(site.operands.size());
    std::vector<Shape> shapes;
    for (const OperandInfo& operand : site.operands) shapes.push_back(operand.shape);
    return {{.name = "loops",
             .single_us = 2 * predict_element_us(element_count(site.output) * inputs),
             .make = [shapes, output = site.output, f, finish](int threads) {
                 return std::make_shared<FoldKernel<F, Finish>>(shapes, output, f, finish, threads);
             }}};
}

}  // namespace espalier::runtime
