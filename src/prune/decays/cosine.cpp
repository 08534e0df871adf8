// f(t) = a/2 (1 + cos(pi t / T_end)). Dettmers & Zettlemoyer 2019; Evci et al. 2020.
#include <cmath>
#include <numbers>

#include "prune/scheduling/schedule.h"

namespace espalier::prune::decays_::cosine_ {
namespace {

double factor(double progress) { return (1 + std::cos(std::numbers::pi * progress)) / 2; }

}  // namespace

extern const Decay cosine{.name = "cosine",
                          .summary = "half a cosine down to 0",
                          .formula = "a/2 (1 + cos(pi t / T_end))",
                          .factor = factor};

}  // namespace espalier::prune::decays_::cosine_
