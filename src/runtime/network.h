// What sessions of one network share, and how its plans are made.
#pragma once

#include <exception>
#include <mutex>
#include <optional>
#include <vector>

#include "espalier/runtime.h"
#include "runtime/compile/build_program.h"
#include "runtime/sections/section_run.h"
#include "runtime/tuning/tuning_table.h"
#include "runtime/weights/weight_cache.h"

namespace espalier::runtime {

/// Compiling changes it. Running reads only what does not change any more: weights in the forms that kernels
/// hold.
struct Network {
    Graph graph;
    std::vector<Node> folded;  // computed for any input shapes,
    double fold_us = 0;        // in so much time
    std::mutex compiling;      // guards what follows, and the graph, which compiling borrows
    WeightCache weights;
    TuningTable tuning;
    /// Of a graph that runs in parts, which have taken it: sessions run shares of it.
    std::optional<SectionRun> sections = {};
    std::exception_ptr failure = {};  // of taking it apart
};

/// Fixed dimensions must be met, and a symbol must be the same number everywhere. Throws InvalidArgument.
void check_shapes(const std::vector<Value>& inputs, const std::vector<Shape>& shapes);

/// The plan for these shapes of the inputs, in the graph's order; `network.compiling` must be held, and
/// `options.threads` be 1 or more. Throws
/// InvalidArgument for shapes that do not fit, Unsupported, OutOfMemory.
Plan make_plan(Network& network, const Options& options, const std::vector<Shape>& input_shapes);

}  // namespace espalier::runtime
