// Tile: a value repeated a constant number of times.
#include "runtime/loops/index_copy.h"

namespace espalier::runtime::lowerings_::tile_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) { return moved(site); }

}  // namespace

extern const Lowering tile{.name = "Tile",
                           .summary = "a value repeated along its dimensions",
                           .candidates = candidates,
                           .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::tile_
