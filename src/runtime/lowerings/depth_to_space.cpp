// DepthToSpace: channels become squares of pixels.
#include "runtime/loops/index_copy.h"

namespace espalier::runtime::lowerings_::depth_to_space_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) { return moved(site); }

}  // namespace

extern const Lowering depth_to_space{.name = "DepthToSpace",
                                     .summary = "channels become squares of pixels",
                                     .candidates = candidates,
                                     .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::depth_to_space_
