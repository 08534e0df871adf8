// A convolution that computes the steps behind it itself, as a kernel of a program.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "kernels/conv_f32_panel/conv_f32_panel.h"
#include "runtime/execute/kernel.h"
#include "runtime/sparse/conv_steps.h"

namespace espalier::runtime {

/// Finish is kernels::ConvFinish, and then the Convolution runs on f32, or one like it, of bytes.
template <class Convolution, class Finish = kernels::ConvFinish>
class FinishingKernel final : public Kernel {
  public:
    FinishingKernel(Convolution convolution, const TakenSteps& steps)
        : convolution_(std::move(convolution)),
          residual_(steps.residual),
          finish_{nullptr, steps.function, steps.low, steps.high} {}

    std::size_t scratch_bytes() const override { return convolution_.scratch_bytes(); }
    std::optional<std::size_t> in_place() const override { return residual_; }
    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte* scratch) override {
        Finish finish = finish_;
        if constexpr (std::is_same_v<Finish, kernels::ConvFinish>) {
            if (residual_) finish.residual = inputs[*residual_].f32();
            convolution_.run(inputs[0].f32(), outputs[0].f32(), finish, scratch);
        } else {
            if (residual_) finish.residual = inputs[*residual_].bytes;
            convolution_.run(inputs[0].bytes, outputs[0].bytes, finish, scratch);
        }
    }

  private:
    Convolution convolution_;
    std::optional<std::size_t> residual_;
    Finish finish_;
};

}  // namespace espalier::runtime
