// Runs plans of one graph on random inputs, for timing. They run in turn, so they share all memory.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "base/random.h"
#include "runtime/compile/build_program.h"
#include "runtime/tuning/timing.h"

namespace espalier::runtime {

class Rehearsal {
  public:
    /// Inputs of the graph's types and these shapes; outputs are those of all plans.
    Rehearsal(const Plan& plan, const std::vector<Value>& inputs, const std::vector<Shape>& shapes) {
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            Tensor tensor(inputs[i].type.dtype, shapes[i]);
            if (tensor.dtype() == DType::f32) {
                Random random(1, "rehearsal");
                for (float& value : tensor.f32()) value = random.uniform();
            }
            inputs_.push_back(tensor.bytes().data());
            tensors_.push_back(std::move(tensor));
        }
        for (const auto& [dtype, shape] : plan.outputs) {
            tensors_.emplace_back(dtype, shape);
            outputs_.push_back(tensors_.back().bytes().data());
        }
    }

    void run(Plan& plan) {
        std::byte* const arena = arena_.at_least(plan.program.arena_bytes());
        plan.for_each_part(inputs_, outputs_,
                           [&](auto from, auto to) { plan.program.rehearse(from, to, arena); });
    }

  private:
    std::vector<Tensor> tensors_;
    std::vector<const std::byte*> inputs_;
    std::vector<std::byte*> outputs_;
    Arena arena_;
};

/// Times two plans of a graph in turn, for about `seconds`.
inline std::vector<Timing> time_plans(Plan& first, Plan& second, const std::vector<Value>& inputs,
                                      const std::vector<Shape>& shapes, double seconds) {
    Rehearsal rehearsal(first, inputs, shapes);
    const auto body = [&rehearsal](Plan& plan) {
        return [&rehearsal, &plan] {
            const FlushDenormals flush(plan.threads);
            rehearsal.run(plan);
        };
    };
    const std::array<std::function<void()>, 2> bodies = {body(first), body(second)};
    return time_in_turn(bodies, seconds);
}

}  // namespace espalier::runtime
