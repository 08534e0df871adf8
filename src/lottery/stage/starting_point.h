// Where a stage's training begins, and what changes its mask on the way.
#pragma once

#include "lottery/control.h"

namespace espalier::lottery {

Start starting_point(StageContext& context);

/// What changes the mask while the stage trains: a schedule of the recipe or of the control; empty for none.
/// `ticket` and `context` outlive it.
Reprune changes_on_the_way(StageContext& context, Ticket& ticket);

/// The latents that the schedule of the recipe trains in the place of weights, if it does.
std::optional<train::LatentTraining> latents_of(StageContext& context);

/// True if what changes the mask remembers things that a checkpoint does not hold.
bool remembers(const StageContext& context);

}  // namespace espalier::lottery
