// All weights theta are remembered. The layer computes with A, the D greatest of |theta|; its gradient
// reaches B, the D + M greatest; the others rest:
//   w = theta [A],  dL/dtheta = dL/dw + lambda theta      in A
//                             = dL/dw + lambda theta / D  in B but not A
// D a share, lambda regularize.l2: what does not take part is drawn to zero the more, unless gradients bring
// it in. Jayakumar et al. 2020, "Top-KAST: Top-K Always Sparse Training".
#include <algorithm>
#include <cmath>

#include "prune/scheduling/latent.h"

namespace espalier::prune::latents_::top_kast_ {
namespace {

void start(std::span<const float> initial, std::int64_t, double, Random&, std::span<float> latent) {
    std::ranges::copy(initial, latent.begin());
}

float score(float theta) { return std::abs(theta); }

float gradient(const LatentElement& at) {
    const double decay = at.kept ? at.decay : at.decay / at.share;
    return at.gradient + static_cast<float>(decay) * at.latent;
}

}  // namespace

extern const Latent top_kast{.name = "top-kast",
                             .summary = "weights; the greatest compute, some more are updated",
                             .formula = "w = theta [|theta| among the D greatest]",
                             .source = "Jayakumar et al. 2020, Top-KAST: Top-K Always Sparse Training",
                             .start = start,
                             .score = score,
                             .is_weight = true,
                             .gradient = gradient,
                             .reads_decay = true};

}  // namespace espalier::prune::latents_::top_kast_
