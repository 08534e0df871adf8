// Puts chosen kernels together to a program, and says what was done.
#pragma once

#include <memory>
#include <set>
#include <span>
#include <vector>

#include "base/threads/flush_denormals.h"
#include "espalier/runtime.h"
#include "runtime/compile/panel_chains.h"
#include "runtime/execute/program.h"
#include "runtime/tuning/layer_trials.h"

namespace espalier::runtime {

struct Plan {
    Program program;
    std::vector<LayerProfile> profile;
    std::vector<std::pair<std::size_t, std::size_t>>
        steps;                         // of the program: the entries of the profile it computes
    std::vector<std::size_t> choices;  // entries of the profile that a sparse kernel could have run
    struct Output {
        DType dtype;
        Shape shape;
    };
    std::vector<Output> outputs;
    std::vector<CompileTime> times = {};             // of the steps of compiling it
    NamedTensors constants = {};                     // computed for these input shapes
    std::unique_ptr<WeightCache> weights = nullptr;  // that absorb any of them
    /// Values whose shapes depend on data, or that nodes with bodies give: the graph has to run in parts, and
    /// there is no program (sections/split.h).
    std::set<std::string> open = {};
    int threads = 1;  // the most that a step runs on
    /// The program is of one part of the inputs, and runs for so many. From part to part their bytes, and
    /// those of the outputs, are so far apart; 0: it is the same for all.
    std::int64_t parts = 1;
    std::vector<std::size_t> input_steps = {}, output_steps = {};

    template <class Timed>
    void run(std::span<const std::byte* const> inputs, std::span<std::byte* const> into, std::byte* arena,
             const Timed& timed) {
        const FlushDenormals flush(threads);
        for_each_part(inputs, into, [&](auto from, auto to) { program.run(from, to, arena, timed); });
    }

    /// Calls `run` with the inputs and outputs of each part.
    template <class Run>
    void for_each_part(std::span<const std::byte* const> inputs, std::span<std::byte* const> into,
                       const Run& run) {
        if (parts == 1) return run(inputs, into);
        std::vector<const std::byte*> from(inputs.begin(), inputs.end());
        std::vector<std::byte*> to(into.begin(), into.end());
        for (std::int64_t part = 0; part < parts; ++part) {
            run(std::span<const std::byte* const>(from), std::span<std::byte* const>(to));
            for (std::size_t i = 0; i < from.size(); ++i) from[i] += input_steps[i];
            for (std::size_t i = 0; i < to.size(); ++i) to[i] += output_steps[i];
        }
    }
};

/// `chosen[i]` is the trial that layer i runs. Neighbours of a chain that run on panels become one step.
Plan assemble(const std::vector<Layer>& layers, const Chains& chains, std::span<const std::size_t> chosen,
              const CompileContext& setting);

}  // namespace espalier::runtime
