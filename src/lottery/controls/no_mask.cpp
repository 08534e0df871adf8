// The dense network trained on, without a mask, for as many steps as the ticket was retrained: shows what the
// additional training alone brings.
#include "lottery/control.h"

namespace espalier::lottery::controls_::no_mask_ {
namespace {

StepRange steps(const RetrainingPlan& ticket, std::int64_t end) {
    return {end, end + ticket.last_step - ticket.first_step};
}

Start start(Ticket& ticket) { return {.weights = ticket.dense(), .masks = ticket.all_kept()}; }

}  // namespace

extern const Control no_mask{.name = "no-mask",
                             .summary = "the dense network trained on as long as the ticket, without a mask",
                             .label = "Dense, trained on",
                             .position = 18,
                             .steps = steps,
                             .start = start};

}  // namespace espalier::lottery::controls_::no_mask_
