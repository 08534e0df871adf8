// Each weight on its own: "unstructured" pruning.
#include "prune/granularity.h"

namespace espalier::prune::granularities_ {

extern const Granularity element{.name = "element", .summary = "each weight on its own (unstructured)"};

}  // namespace espalier::prune::granularities_
