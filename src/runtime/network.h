// What sessions of one network share, and how its plans are made.
#pragma once

#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
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
    std::set<std::string> kept;  // values that are not computed ahead: layers read the integers instead
    std::vector<Node> folded;    // computed for any input shapes,
    double fold_us = 0;          // in so much time
    std::mutex compiling;        // guards what follows, and the graph, which compiling borrows
    WeightCache weights;
    std::shared_ptr<TuningTable> tuning = std::make_shared<TuningTable>();
    /// Of a network with layers of integers: the one of f32 that rounds, which runs where it is faster; made
    /// from `plain` when it is asked for.
    std::shared_ptr<Network> rounding = nullptr;
    std::optional<Graph> plain = {};
    /// Of a graph that runs in parts, which have taken it: sessions run shares of it.
    std::optional<SectionRun> sections = {};
    std::exception_ptr failure = {};  // of taking it apart
};

/// Takes the graph, with quantised values spelled out as f32 that rounds, but for layers that compute on the
/// integers themselves where `options` do not leave those out.
std::shared_ptr<Network> make_network(Graph graph, const Options& options);

/// Fixed dimensions must be met, and a symbol must be the same number everywhere. Throws InvalidArgument.
void check_shapes(const std::vector<Value>& inputs, const std::vector<Shape>& shapes);

/// The plan for these shapes of the inputs, in the graph's order; `network.compiling` must be held, and
/// `options.threads` be 1 or more. Throws
/// InvalidArgument for shapes that do not fit, Unsupported, OutOfMemory.
Plan make_plan(Network& network, const Options& options, const std::vector<Shape>& input_shapes);

/// By which the tuning table knows an answer about a whole network.
std::string signature_of(std::string_view question, const Network& network, const Options& options,
                         const std::vector<Shape>& input_shapes);

/// The same in integers or in f32 that rounds, whichever is faster: as timed (Options::Tuning::full), or by
/// what share of the weights is left.
Plan make_fastest_plan(Network& network, const Options& options, const std::vector<Shape>& input_shapes);

}  // namespace espalier::runtime
