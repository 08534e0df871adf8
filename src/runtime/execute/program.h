// A compiled graph for one set of input shapes: steps over numbered slots, memory planned once.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "runtime/execute/kernel.h"
#include "runtime/execute/memory_plan.h"

namespace espalier::runtime {

class Program {
  public:
    using Slot = std::size_t;

    // Building, in the order of execution.
    Slot add_input(std::size_t index, DType dtype);
    /// Which stays where it is for as long as the program runs.
    Slot add_constant(const Tensor& value);
    Slot add_buffer(std::size_t bytes, DType dtype, Layout layout = Layout::row_major);
    void add_step(std::shared_ptr<Kernel> kernel, std::vector<Slot> inputs, std::vector<Slot> outputs);
    /// Output `index` of the graph, of `bytes`, is what `slot` holds in the end.
    void add_output(std::size_t index, Slot slot, std::size_t bytes);
    /// After the last step and output: gives every buffer its place, where `shares` is false one of its own.
    void finish(bool shares = true);
    /// Throws InternalError where a step reads what no step before it has written, or two values that are
    /// needed at the same time lie in the same memory.
    void verify() const;

    std::size_t arena_bytes() const { return arena_bytes_; }
    /// Inputs and outputs by their index. `arena` has arena_bytes(). Calls `timed(step, body)` for every
    /// step, which has to call `body()`.
    template <class Timed>
    void run(std::span<const std::byte* const> inputs, std::span<std::byte* const> outputs, std::byte* arena,
             const Timed& timed) {
        bind(inputs, outputs, arena);
        for (std::size_t i = 0; i < steps_.size(); ++i) timed(i, [&] { run_step(steps_[i]); });
        copy_outputs(outputs);
    }
    std::size_t step_count() const { return steps_.size(); }
    /// The same on made-up inputs, for timing: steps that depend on data are left out and give zeros.
    void rehearse(std::span<const std::byte* const> inputs, std::span<std::byte* const> outputs,
                  std::byte* arena);

  private:
    enum class Kind : unsigned char { input, constant, buffer, output };
    struct SlotInfo {
        Kind kind;
        std::size_t index = 0;  // of the input or output; offset in the arena for a buffer
        std::size_t bytes = 0;
        Result value;  // a constant, an input is only read
    };
    struct Step {
        std::shared_ptr<Kernel> kernel;
        std::vector<Slot> inputs;
        std::vector<Slot> outputs;
        Slot scratch;
    };
    struct Copy {
        Slot from;
        std::size_t output;
        std::size_t bytes;
    };
    /// The slot whose memory each one uses: outputs that are computed in place use that of an input, which
    /// lives as long then.
    std::vector<Slot> share(std::vector<Lifetime>& lifetimes) const;
    std::vector<Lifetime> lifetimes() const;
    void run_step(Step& step);
    void copy_outputs(std::span<std::byte* const> outputs);
    void bind(std::span<const std::byte* const> inputs, std::span<std::byte* const> outputs,
              std::byte* arena);

    std::vector<SlotInfo> slots_;
    std::vector<Step> steps_;
    std::vector<Copy> copies_;  // outputs that no step writes to: inputs, constants, and second names
    std::vector<Operand> operands_;
    std::vector<Result> results_;
    std::size_t arena_bytes_ = 0;
};

}  // namespace espalier::runtime
