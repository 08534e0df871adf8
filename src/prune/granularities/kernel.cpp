// A 2-D slice of a convolution: all positions of one input channel in one filter. Mao et al. 2017, "Exploring
// the Granularity of Sparsity in Convolutional Neural Networks". A fully connected layer has kernels of one
// weight.
#include "prune/units/granularity.h"

namespace espalier::prune::granularities_::kernel_ {
namespace {

Tile tile(const Arguments&, const Candidate&, const Layout& layout) { return {1, layout.kernel}; }

}  // namespace

extern const Granularity kernel{.name = "kernel",
                                .summary = "a 2-D slice of a convolution: one input channel of one filter",
                                .usage = "kernel",
                                .example = "kernel",
                                .edges = "always divides; one weight in a fully connected layer",
                                .parse = no_arguments,
                                .tile = tile};

}  // namespace espalier::prune::granularities_::kernel_
