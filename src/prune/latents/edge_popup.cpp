// A score s for every weight, which stays as it was initialised; the layer computes with the k weights of the
// greatest scores. The choice passes the gradient straight through:
//   w = w_0 [s among the k greatest],  dL/ds = dL/dw w_0
// of all weights, those left out too: what would have helped pops up. Scores begin uniform in +-1 / sqrt(n),
// n inputs. Nothing else is trained. Ramanujan et al. 2020, "What's Hidden in a Randomly Weighted Neural
// Network?"
#include <cmath>

#include "prune/scheduling/latent.h"

namespace espalier::prune::latents_::edge_popup_ {
namespace {

void start(std::span<const float>, std::int64_t inputs, double, Random& random, std::span<float> latent) {
    const auto bound = static_cast<float>(1 / std::sqrt(static_cast<double>(inputs)));
    for (float& s : latent) s = bound * (2 * random.uniform() - 1);
}

float score(float s) { return s; }

float gradient(const LatentElement& at) { return at.gradient * at.initial; }

}  // namespace

extern const Latent edge_popup{
    .name = "edge-popup",
    .summary = "scores; the greatest of each layer take part",
    .formula = "w = w0 [s among the k greatest], dL/ds = w0 dL/dw",
    .source = "Ramanujan et al. 2020, What's Hidden in a Randomly Weighted Network",
    .start = start,
    .score = score,
    .gradient = gradient,
    .freezes_others = true};

}  // namespace espalier::prune::latents_::edge_popup_
