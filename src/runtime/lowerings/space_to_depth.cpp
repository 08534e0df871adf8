// SpaceToDepth: squares of pixels become channels.
#include "runtime/loops/index_copy.h"

namespace espalier::runtime::lowerings_::space_to_depth_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) { return moved(site); }

}  // namespace

extern const Lowering space_to_depth{.name = "SpaceToDepth",
                                     .summary = "squares of pixels become channels",
                                     .candidates = candidates,
                                     .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::space_to_depth_
