// Everything that makes one output channel (a neuron of a fully connected layer). Li et al. 2017, "Pruning
// Filters for Efficient ConvNets".
#include "prune/units/granularity.h"

namespace espalier::prune::granularities_::filter_ {
namespace {

Tile tile(const Arguments&, const Candidate&, const Layout& layout) {
    if (layout.output_axis == 1) return {layout.rows_each(), layout.kernel};
    return {1, layout.cols};
}

}  // namespace

extern const Granularity filter{.name = "filter",
                                .summary = "all weights of one output: a filter, a neuron",
                                .usage = "filter",
                                .example = "filter",
                                .edges = "always divides",
                                .parse = no_arguments,
                                .tile = tile};

}  // namespace espalier::prune::granularities_::filter_
