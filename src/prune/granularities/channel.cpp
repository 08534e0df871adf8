// Everything that reads one input channel (a column of a fully connected layer; in a grouped convolution, of
// the one group that has the channel). He et al. 2017, "Channel Pruning for Accelerating Very Deep Neural
// Networks".
#include "prune/units/granularity.h"

namespace espalier::prune::granularities_::channel_ {
namespace {

Tile tile(const Arguments&, const Candidate&, const Layout& layout) {
    if (layout.output_axis == 1) return {1, layout.cols};
    return {layout.rows_each(), layout.kernel};
}

}  // namespace

extern const Granularity channel{.name = "channel",
                                 .summary = "all weights of one input channel",
                                 .usage = "channel",
                                 .example = "channel",
                                 .edges = "always divides",
                                 .parse = no_arguments,
                                 .tile = tile};

}  // namespace espalier::prune::granularities_::channel_
