// Expand: a value repeated to a constant shape.
#include "runtime/loops/index_copy.h"

namespace espalier::runtime::lowerings_::expand_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) { return moved(site); }

}  // namespace

extern const Lowering expand{
    .name = "Expand", .summary = "repeated to a shape", .candidates = candidates, .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::expand_
