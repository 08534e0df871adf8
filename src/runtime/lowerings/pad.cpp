// Pad: constant pads around a value.
#include "runtime/loops/index_copy.h"

namespace espalier::runtime::lowerings_::pad_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) { return moved(site, 2); }

}  // namespace

extern const Lowering pad{
    .name = "Pad", .summary = "elements around a value", .candidates = candidates, .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::pad_
