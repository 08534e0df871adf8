// How far a run is, from its folder and, where it was submitted, from Slurm.
#pragma once

#include <string>
#include <vector>

#include "espalier/lottery.h"

namespace espalier::lottery {

/// Lines for people: stages done, in work and waiting, who works on what, and what Slurm has queued. Nothing
/// is changed. Throws as store::Run and submit().
std::vector<std::string> describe_status(const store::Run& run, const std::vector<StageSpec>& stages,
                                         const Recipe& recipe);

}  // namespace espalier::lottery
