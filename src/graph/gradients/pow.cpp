// Pow: da = dy b a^(b - 1).
#include "graph/gradient/derivation.h"
#include "tensor/convert.h"

namespace espalier::gradients_::pow_ {
namespace {

void derive(Derivation& d) {
    if (d.wants(1)) d.refuse("there is no gradient by the exponent of a Pow");
    const Tensor* exponent = d.constant(1);
    if (exponent != nullptr && exponent->count() == 1) {  // most often 2 or 0.5
        const double b = converted(*exponent, DType::f64).as<double>()[0];
        const std::string power = b == 2 ? d.in() : d.make("Pow", {d.in(), d.number(b - 1)});
        d.give(0, d.make("Mul", {d.dy(), d.make("Mul", {power, d.number(b)})}));
        return;
    }
    const std::string b = d.make("CastLike", {d.in(1), d.in()});
    const std::string power = d.make("Pow", {d.in(), d.make("Sub", {b, d.number(1)})});
    d.give(0, d.make("Mul", {d.dy(), d.make("Mul", {power, b})}));
}

}  // namespace

extern const GradientRule pow{.name = "Pow", .summary = "da = dy b a^(b - 1)", .derive = derive};

}  // namespace espalier::gradients_::pow_
