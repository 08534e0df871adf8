// score = |dL/dw|
// Evci et al. 2020, "Rigging the Lottery" (RigL grows where it is large), and the plain baseline of SNIP. Of
// the loss that is trained, so in training mode.
#include <cmath>

#include "prune/criterion.h"

namespace espalier::prune::criteria_::gradient_ {
namespace {

constexpr ReadKey kReads[] = {{.key = "prune.signal_batches"}};
constexpr std::string_view kNeeds[] = {"gradient"};

void score(const Scored& scored, std::int64_t first, std::span<float> scores) {
    const float* const gradient = scored.candidate.signal("gradient").data() + first;
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = std::abs(gradient[i]);
}

}  // namespace

extern const Criterion gradient{.name = "gradient",
                                .summary = "size of the loss's gradient",
                                .formula = "|g|",
                                .source = "Evci et al. 2020, Rigging the Lottery",
                                .needs = kNeeds,
                                .signals_mode = SignalsMode::training,
                                .score = score,
                                .revision = 2,
                                .reads = kReads};

}  // namespace espalier::prune::criteria_::gradient_
