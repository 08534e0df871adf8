// Gelu: dx = dy (Phi(x) + x phi(x)), Phi and phi the normal distribution and its density. With approximate =
// "tanh", t = tanh(u), u = sqrt(2 / pi) (x + 0.044715 x^3): dx = dy / 2 (1 + t + x u' (1 - t^2)).
#include <cmath>
#include <numbers>

#include "graph/gradient/derivation.h"

namespace espalier::gradients_::gelu_ {
namespace {

void derive(Derivation& d) {
    const std::string x = d.in();
    const auto times = [&](const std::string& a, const std::string& b) { return d.make("Mul", {a, b}); };
    const auto scaled = [&](const std::string& a, double b) { return times(a, d.number(b)); };
    const auto plus = [&](const std::string& a, double b) { return d.make("Add", {a, d.number(b)}); };
    if (d.node().attribute_string("approximate", "none") == "tanh") {
        const double root = std::sqrt(2 / std::numbers::pi);
        const std::string square = times(x, x);
        const std::string t = d.make("Tanh", {times(x, plus(scaled(square, root * 0.044715), root))});
        const std::string inner = plus(scaled(square, 3 * root * 0.044715), root);
        const std::string slope = times(times(x, inner), d.make("Sub", {d.number(1), times(t, t)}));
        d.give(0, times(d.dy(), scaled(d.make("Add", {plus(t, 1), slope}), 0.5)));
        return;
    }
    const std::string share = scaled(plus(d.make("Erf", {scaled(x, 1 / std::numbers::sqrt2)}), 1), 0.5);
    const std::string bell =
        scaled(d.make("Exp", {scaled(times(x, x), -0.5)}), 1 / std::sqrt(2 * std::numbers::pi));
    d.give(0, times(d.dy(), d.make("Add", {share, times(x, bell)})));
}

}  // namespace

extern const GradientRule gelu{
    .name = "Gelu", .summary = "dx = dy (Phi(x) + x phi(x)), or the like of its tanh form", .derive = derive};

}  // namespace espalier::gradients_::gelu_
