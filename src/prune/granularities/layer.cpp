// The whole tensor: layers compete with each other, and some go altogether.
#include "prune/units/granularity.h"

namespace espalier::prune::granularities_::layer_ {
namespace {

Tile tile(const Arguments&, const Candidate&, const Layout& layout) { return {layout.rows, layout.cols}; }

}  // namespace

extern const Granularity layer{.name = "layer",
                               .summary = "the whole tensor; the floor does not hold here",
                               .usage = "layer",
                               .example = "layer",
                               .edges = "always divides",
                               .parse = no_arguments,
                               .tile = tile,
                               .whole_layers = true};

}  // namespace espalier::prune::granularities_::layer_
