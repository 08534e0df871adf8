// Slice: a part of a value, between constant bounds.
#include "runtime/loops/index_copy.h"

namespace espalier::runtime::lowerings_::slice_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) { return moved(site); }

}  // namespace

extern const Lowering slice{
    .name = "Slice", .summary = "a part of a value", .candidates = candidates, .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::slice_
