// Erf: dx = dy 2 / sqrt(pi) exp(-x^2).
#include <numbers>

#include "graph/gradient/derivation.h"

namespace espalier::gradients_::erf_ {
namespace {

void derive(Derivation& d) {
    const std::string bell = d.make("Exp", {d.make("Neg", {d.make("Mul", {d.in(), d.in()})})});
    d.give(0, d.make("Mul", {d.dy(), d.make("Mul", {bell, d.number(2 * std::numbers::inv_sqrtpi)})}));
}

}  // namespace

extern const GradientRule erf{.name = "Erf", .summary = "dx = dy 2 / sqrt(pi) exp(-x^2)", .derive = derive};

}  // namespace espalier::gradients_::erf_
