// Sparse from the start; the network computes with the D greatest weights of each layer, and those of the
// D + M greatest are updated; both are chosen anew every dt steps (prune/latents/top_kast.cpp). D + M is what
// prune.backward_sparsity leaves. Jayakumar et al. 2020, "Top-KAST: Top-K Always Sparse Training".
#include "prune/scheduling/schedule.h"

namespace espalier::prune::schedules_::top_kast_ {
namespace {

constexpr ReadKey kReads[] = {{.key = "prune.every"}, {.key = "prune.backward_sparsity"}};

}  // namespace

extern const Schedule top_kast{.name = "top-kast",
                               .summary = "the greatest weights compute, and more of them are updated",
                               .formula = "w = theta [D greatest], update the D + M greatest",
                               .source = "Jayakumar et al. 2020, Top-KAST",
                               .is_during = true,
                               .default_end = 1,
                               .latent = "top-kast",
                               .signals_mode = SignalsMode::none,
                               .reads = kReads,
                               .at = cut_at_start};

}  // namespace espalier::prune::schedules_::top_kast_
