// Survivors at plus or minus one constant a layer (Zhou et al. 2019, "Deconstructing Lottery Tickets"): shows
// whether a ticket needs more of its initial weights than their signs.
//   w = sign(w_0) std(w_0), the deviation over the whole layer
#include <cmath>

#include "lottery/control.h"

namespace espalier::lottery::controls_::constant_signs_ {
namespace {

float deviation(std::span<const float> values) {
    double sum = 0;
    double squares = 0;
    for (const float v : values) {
        sum += double{v};
        squares += double{v} * double{v};
    }
    const auto count = static_cast<double>(values.size());
    const double mean = sum / count;
    return static_cast<float>(std::sqrt(std::max(0.0, squares / count - mean * mean)));
}

Start start(Ticket& ticket) {
    Start out{.weights = ticket.initial(), .masks = ticket.masks()};
    for (const auto& [name, mask] : out.masks) {
        const auto values = out.weights.at(name).f32();
        const float constant = deviation(values);
        for (float& value : values) value = std::copysign(constant, value);
    }
    return out;
}

}  // namespace

extern const Control constant_signs{.name = "constant-signs",
                                    .summary = "the ticket's mask and initial signs, one magnitude a layer",
                                    .label = "Signs only",
                                    .position = 16,
                                    .steps = whole_training,
                                    .start = start};

}  // namespace espalier::lottery::controls_::constant_signs_
