// Mish: dx = dy (t + x sigmoid(x) (1 - t^2)), t = tanh(softplus(x)).
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::mish_ {
namespace {

void derive(Derivation& d) {
    const std::string t = d.make("Tanh", {d.make("Softplus", {d.in()})});
    const std::string rest = d.make("Sub", {d.number(1), d.make("Mul", {t, t})});
    const std::string swish = d.make("Mul", {d.in(), d.make("Sigmoid", {d.in()})});
    d.give(0, d.make("Mul", {d.dy(), d.make("Add", {t, d.make("Mul", {swish, rest})})}));
}

}  // namespace

extern const GradientRule mish{.name = "Mish",
                               .summary = "dx = dy (t + x sigmoid(x) (1 - t^2)), t = tanh(softplus(x))",
                               .derive = derive};

}  // namespace espalier::gradients_::mish_
