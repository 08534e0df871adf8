// Gradual pruning in one training as long as each of the ticket's, to as many weights in every layer (Zhu &
// Gupta 2017, "To prune, or not to prune"): shows whether to iterate, with rewinding, pays at all.
//   gone(t) = n_pruned (1 - (1 - t / t_n)^3),  t = 0, dt, 2 dt, ..., t_n = 3/4 T,  dt = t_n / 100
#include "lottery/control.h"

namespace espalier::lottery::controls_::single_cycle_ {
namespace {

constexpr std::int64_t kCuts = 100;

Start start(Ticket& ticket) { return {.weights = ticket.initial(), .masks = ticket.all_kept()}; }

Reprune reprune(Ticket& ticket) {
    const std::int64_t end = std::max<std::int64_t>(1, 3 * ticket.last_step() / 4);
    const std::int64_t every = std::max<std::int64_t>(1, end / kCuts);
    return [&ticket, end, every](
               std::int64_t step,
               const std::function<train::TrainingState()>& look) -> std::optional<prune::MaskSet> {
        if (step == 0 || step > end || (step % every != 0 && step != end)) return {};
        const double ahead = static_cast<double>(end - step) / static_cast<double>(end);
        const train::TrainingState state = look();
        return ticket.cut_towards(state.weights, state.masks, 1 - ahead * ahead * ahead);
    };
}

}  // namespace

extern const Control single_cycle{.name = "single-cycle",
                                  .summary = "pruned gradually in one training, to the ticket's counts",
                                  .label = "Gradual, in one training",
                                  .position = 20,
                                  .steps = whole_training,
                                  .start = start,
                                  .reprune = reprune,
                                  .cuts = Control::Cuts::in_training,
                                  .draws_weights = true,
                                  .is_gradual = true};

}  // namespace espalier::lottery::controls_::single_cycle_
