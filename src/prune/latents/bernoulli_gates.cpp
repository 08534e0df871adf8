// A gate before every weight, which stays as it was initialised; in each step of training the gate is open by
// chance:
//   w = w_0 m,  m ~ Bernoulli(p),  p = 1 / (1 + exp(-s)),  dL/ds = dL/dw w_0 p (1 - p)
// as if m were p. What is measured and kept at the end are the k gates most likely to be open. Gates begin
// near p = k / n, apart by a little so that no layer is decided by position. Nothing else is trained. Zhou et
// al. 2019, "Deconstructing Lottery Tickets: Zeros, Signs, and the Supermask".
#include <algorithm>
#include <cmath>

#include "prune/scheduling/latent.h"

namespace espalier::prune::latents_::bernoulli_gates_ {
namespace {

constexpr float kApart = 0.01F;

float chance(float s) { return 1 / (1 + std::exp(-s)); }

void start(std::span<const float>, std::int64_t, double share, Random& random, std::span<float> latent) {
    const double p = std::clamp(share, 1e-6, 1 - 1e-6);
    const auto middle = static_cast<float>(std::log(p / (1 - p)));
    for (float& s : latent) s = middle + kApart * (2 * random.uniform() - 1);
}

float score(float s) { return s; }

float gradient(const LatentElement& at) {
    const float p = chance(at.latent);
    return at.gradient * at.initial * p * (1 - p);
}

}  // namespace

extern const Latent bernoulli_gates{.name = "bernoulli-gates",
                                    .summary = "gates that are open by chance",
                                    .formula = "w = w0 m, m ~ Bernoulli(sigmoid(s))",
                                    .source = "Zhou et al. 2019, Deconstructing Lottery Tickets",
                                    .start = start,
                                    .score = score,
                                    .chance = chance,
                                    .gradient = gradient,
                                    .freezes_others = true};

}  // namespace espalier::prune::latents_::bernoulli_gates_
