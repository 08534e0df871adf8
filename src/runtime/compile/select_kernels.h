// Which candidate each layer runs. Sparse kernels read and write panels, dense ones rows, so the choice is
// made for a whole chain of layers: activations stay in panels between sparse layers, and a change of layout
// is paid for. Layers of images follow the layout that the whole network is to have, where that pays.
#pragma once

#include <span>
#include <vector>

#include "runtime/compile/panel_chains.h"
#include "runtime/tuning/layer_trials.h"

namespace espalier::runtime {

/// One layer of a chain as the choice sees it.
struct Stage {
    struct Option {
        Layout input, output;
        double us;
    };
    std::vector<Option> options;
    double pack_us = 0, unpack_us = 0;  // of its input to panels; of its output to rows
};

/// The option of each stage with the least total time, from row-major to row-major (dynamic programming over
/// the two layouts an activation can have between two stages).
std::vector<std::size_t> cheapest(std::span<const Stage> chain);

struct Preference {
    Options::Choice choice;
    int threads;                        // at most
    Layout images = Layout::row_major;  // in which images should lie between layers
};

struct Selection {
    std::vector<std::size_t> trials;  // that each layer should run; 0 where there is nothing to compute
    double us = 0;                    // of the trials, and of changing the layout of images
};

/// By the times measured. Forced to dense or sparse, only such trials are chosen, where a layer has any.
Selection choose(const std::vector<Layer>& layers, const Chains& chains, const Preference& preference,
                 const CompileContext& setting);

}  // namespace espalier::runtime
