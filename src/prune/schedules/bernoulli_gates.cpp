// A search that trains gates and no weight: prune/latents/bernoulli_gates.cpp. The scope says how many of
// each layer are kept. Zhou et al. 2019, "Deconstructing Lottery Tickets: Zeros, Signs, and the Supermask".
#include "prune/scheduling/schedule.h"

namespace espalier::prune::schedules_::bernoulli_gates_ {

extern const Schedule bernoulli_gates{.name = "bernoulli-gates",
                                      .summary = "gates open by chance are trained, the weights stay initial",
                                      .formula = "w = w0 m, m ~ Bernoulli(sigmoid(s))",
                                      .source = "Zhou et al. 2019, Deconstructing Lottery Tickets",
                                      .is_during = true,
                                      .default_end = 1,
                                      .latent = "bernoulli-gates",
                                      .signals_mode = SignalsMode::none,
                                      .at = cut_at_start};

}  // namespace espalier::prune::schedules_::bernoulli_gates_
