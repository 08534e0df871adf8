// A group of nodes on its way into a program: the ways to compute it, made and timed.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "espalier/runtime.h"
#include "runtime/compile/fusion.h"
#include "runtime/execute/kernel.h"
#include "runtime/weights/weight_cache.h"

namespace espalier::runtime {

using Types = std::map<std::string, ValueType>;

/// What a plan is made from. `types` are of every value, with all dimensions fixed.
struct Setting {
    const Graph& graph;
    const Types& types;
    WeightCache& weights;            // that all plans of a session share
    std::set<std::string> computed;  // constants that hold for these input shapes alone,
    WeightCache& own_weights;        // and the weights that absorb any of them
    Options::Choice choice;
    int threads;
};

/// A candidate on a number of threads.
struct Trial {
    Candidate candidate;
    int threads = 1;
    double predicted_us = 0;
    std::shared_ptr<Kernel> kernel = nullptr;  // null if it was not on the shortlist
    double us = 0;                             // undisturbed: the tenth percentile; 0 if it was not timed
};

struct Layer {
    Group group;
    std::vector<Trial> trials = {};  // a dense one first; none if there is nothing to compute
    LayerWeights* weights = nullptr;
    const ConvWeights* convolution = nullptr;
    // Of a layer with weights: the rows of its activation matrices, and changing the layout of its input to
    // panels and of its output back.
    std::int64_t batch = 0;
    Trial pack = {}, unpack = {};

    /// The fastest trial that is sparse or not, null if there is none; by prediction where it was not timed.
    const Trial* fastest(bool sparse) const;
};

/// The group with its shortlist, every kernel made and timed. Throws Unsupported, naming the node.
Layer examine(const Group& group, const Setting& setting);

Shape shape_of(const std::string& value, const Setting& setting);

/// The layout in which `candidate` reads `value`, one of those that the layer reads.
Layout layout_read(const std::string& value, const Layer& layer, const Candidate& candidate,
                   const Setting& setting);

}  // namespace espalier::runtime
