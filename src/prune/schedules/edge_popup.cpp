// A search that trains scores and no weight: prune/latents/edge_popup.cpp. The scope says how many of each
// layer take part, from the first step to the last. Ramanujan et al. 2020, "What's Hidden in a Randomly
// Weighted Neural Network?"
#include "prune/scheduling/schedule.h"

namespace espalier::prune::schedules_::edge_popup_ {

extern const Schedule edge_popup{.name = "edge-popup",
                                 .summary = "scores are trained, the weights stay initial",
                                 .formula = "w = w0 [s among the k greatest], dL/ds = w0 dL/dw",
                                 .source = "Ramanujan et al. 2020, Randomly Weighted Neural Network",
                                 .is_during = true,
                                 .default_end = 1,
                                 .latent = "edge-popup",
                                 .signals_mode = SignalsMode::none,
                                 .at = cut_at_start};

}  // namespace espalier::prune::schedules_::edge_popup_
