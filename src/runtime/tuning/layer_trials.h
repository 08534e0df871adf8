// A group of nodes on its way into a program: the ways to compute it, predicted and timed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/compile/layer_site.h"
#include "runtime/execute/kernel.h"

namespace espalier::runtime {

/// A candidate on a number of threads.
struct Trial {
    Candidate candidate;
    std::size_t number = 0;  // of the candidate among those of its layer
    int threads = 1;
    double predicted_us = 0;
    bool wanted = true;                        // on the shortlist
    double us = 0;                             // undisturbed: the tenth percentile; 0 if it was not timed
    std::shared_ptr<Kernel> kernel = nullptr;  // made when it is timed or chosen

    /// What to compare it by.
    double cost() const { return us > 0 ? us : predicted_us; }
    /// Makes the kernel if it is not there; false, and no longer wanted, if it cannot be made.
    bool make();
};

struct Layer {
    Group group;
    std::shared_ptr<const LoweringContext> site = nullptr;  // which candidates read when they make kernels
    std::string signature = {};                             // of layers with several trials
    std::vector<Trial> trials = {};   // a dense one first; none if there is nothing to compute
    LayerWeights* weights = nullptr;  // null if it has none that are constant
    // Of a layer that may run on panels: the rows of its activation matrices, and changing the layout of its
    // input to panels and of its output back.
    std::int64_t batch = 0;
    Trial pack = {}, unpack = {};

    bool has_panels() const { return batch > 0; }
    /// The best trial that is sparse or not, null if there is none, by its cost.
    const Trial* fastest(bool sparse) const;
    /// The first candidate can always be made: it is wanted again where no dense one is left.
    void want_first_again();
};

/// The group with its shortlist. As `setting.tuning` says candidates are timed, unless equal layers were,
/// whose times are in `setting.table`. Throws Unsupported, naming the node.
Layer examine(const Group& group, const CompileContext& setting);

/// The layout in which `candidate` reads `value`, one of those that the layer reads.
Layout layout_read(const std::string& value, const Layer& layer, const Candidate& candidate,
                   const CompileContext& setting);

}  // namespace espalier::runtime
