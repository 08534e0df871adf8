// The stage graph as job arrays: what may run side by side is one array, and each of its tasks runs a pack of
// stages one after another, so that short stages do not wait for a queue each.
//   array(pack) > array(other pack) for every other pack that it needs; the arrays run one behind the other
#pragma once

#include <span>
#include <string>
#include <vector>

#include "espalier/lottery.h"

namespace espalier::lottery {

using Pack = std::vector<std::size_t>;  // stages, in the order in which they run
using PackArray = std::vector<Pack>;    // the tasks of one job array
using PackPlan = std::vector<PackArray>;

/// `seconds` of every stage; 0 for one that is done, which is in no pack. A pack takes at most
/// `pack_seconds`, unless one stage alone takes longer.
PackPlan pack(const std::vector<StageSpec>& stages, std::span<const double> seconds, double pack_seconds);

}  // namespace espalier::lottery
