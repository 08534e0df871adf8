// score = w * (H g)
// Wang et al. 2020, "Picking Winning Tickets Before Training by Preserving Gradient Flow". Without the
// weight, |g|^2 changes by -2 w (H g) to first order: what stays is what gradient flow would lose most by.
// (The paper's S is the negative of this score, and it cuts where S is largest.) As in its authors' program
// the network runs in training mode and its outputs are divided by 200 before the loss.
#include "prune/criterion.h"

namespace espalier::prune::criteria_::grasp_ {
namespace {

constexpr ReadKey kReads[] = {{.key = "prune.signal_batches"}};
constexpr double kTemperature = 200;
constexpr std::string_view kNeeds[] = {"hessian-gradient"};

void score(const Scored& scored, std::int64_t first, std::span<float> scores) {
    const float* const weight = scored.candidate.weight.data() + first;
    const float* const hessian_gradient = scored.candidate.signal("hessian-gradient").data() + first;
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = weight[i] * hessian_gradient[i];
}

}  // namespace

extern const Criterion grasp{.name = "grasp",
                             .summary = "gradient flow that would be lost, before training",
                             .formula = "w * (H g)",
                             .source = "Wang et al. 2020, Picking Winning Tickets Before Training",
                             .needs = kNeeds,
                             .signals_mode = SignalsMode::training,
                             .temperature = kTemperature,
                             .is_signed = true,
                             .score = score,
                             .revision = 2,
                             .reads = kReads};

}  // namespace espalier::prune::criteria_::grasp_
