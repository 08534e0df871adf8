// score = |w| + lambda |dL/dw|, lambda = 0.01
// Yuan et al. 2021, "MEST: Accurate and Fast Memory-Economic Sparse Training Framework on the Edge": a weight
// that is small and on its way is not dropped. The paper leaves lambda open.
#include <cmath>

#include "prune/criterion.h"

namespace espalier::prune::criteria_::weight_and_gradient_ {
namespace {

constexpr float kLambda = 0.01F;
constexpr ReadKey kReads[] = {{.key = "prune.signal_batches"}};
constexpr std::string_view kNeeds[] = {"gradient"};

void score(const Scored& scored, std::int64_t first, std::span<float> scores) {
    const float* const weight = scored.candidate.weight.data() + first;
    const float* const gradient = scored.candidate.signal("gradient").data() + first;
    for (std::size_t i = 0; i < scores.size(); ++i)
        scores[i] = std::abs(weight[i]) + kLambda * std::abs(gradient[i]);
}

}  // namespace

extern const Criterion weight_and_gradient{.name = "weight-and-gradient",
                                           .summary = "size of the weight, and of its gradient",
                                           .formula = "|w| + 0.01 |g|",
                                           .source = "Yuan et al. 2021, MEST",
                                           .needs = kNeeds,
                                           .signals_mode = SignalsMode::training,
                                           .score = score,
                                           .reads = kReads};

}  // namespace espalier::prune::criteria_::weight_and_gradient_
