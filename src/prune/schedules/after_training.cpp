// Train to the end, prune, retrain; as often as there are rounds.
#include "prune/schedule.h"

namespace espalier::prune::schedules_ {

extern const Schedule after_training{.name = "after-training",
                                     .summary = "at the end of training, once each round"};

}  // namespace espalier::prune::schedules_
