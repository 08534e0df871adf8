// Gather: the slices that constant indices name.
#include "runtime/loops/index_copy.h"

namespace espalier::runtime::lowerings_::gather_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) { return moved(site); }

}  // namespace

extern const Lowering gather{
    .name = "Gather", .summary = "the slices that indices name", .candidates = candidates, .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::gather_
