// Each weight on its own: "unstructured" pruning.
#include "prune/units/granularity.h"

namespace espalier::prune::granularities_::element_ {
namespace {

Tile tile(const Arguments&, const Candidate&, const Layout&) { return {1, 1}; }

}  // namespace

extern const Granularity element{.name = "element",
                                 .summary = "each weight on its own (unstructured)",
                                 .usage = "element",
                                 .example = "element",
                                 .edges = "always divides",
                                 .parse = no_arguments,
                                 .tile = tile};

}  // namespace espalier::prune::granularities_::element_
