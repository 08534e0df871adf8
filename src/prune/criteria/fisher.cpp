// score = 1/2 w^2 E[(dL/dw)^2]
// Le Cun et al. 1990, "Optimal Brain Damage", with the diagonal of the Hessian taken from the Fisher
// information (Theis et al. 2018): by how much the loss grows at a minimum if the weight is removed.
#include "prune/criterion.h"

namespace espalier::prune::criteria_::fisher_ {
namespace {

constexpr ReadKey kReads[] = {{.key = "prune.signal_batches"}};
constexpr std::string_view kNeeds[] = {"squared-gradient"};

void score(const Scored& scored, std::int64_t first, std::span<float> scores) {
    const float* const weight = scored.candidate.weight.data() + first;
    const float* const squared_gradient = scored.candidate.signal("squared-gradient").data() + first;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        // w * F first: F is often tiny, and w * w alone would underflow sooner.
        scores[i] = 0.5F * (weight[i] * squared_gradient[i]) * weight[i];
    }
}

}  // namespace

extern const Criterion fisher{.name = "fisher",
                              .summary = "second-order change of the loss, diagonal (optimal brain damage)",
                              .formula = "1/2 w^2 E[g^2]",
                              .source = "Le Cun et al. 1990, Optimal Brain Damage; Theis et al. 2018",
                              .needs = kNeeds,
                              .signals_mode = SignalsMode::evaluation,
                              .score = score,
                              .reads = kReads};

}  // namespace espalier::prune::criteria_::fisher_
