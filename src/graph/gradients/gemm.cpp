// Gemm: Y = alpha A' B' + beta C, with A' = A or its transpose. dA' = alpha dy B'^T, dB' = alpha A'^T dy, dC
// = beta dy.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::gemm_ {
namespace {

void derive(Derivation& d) {
    const auto flag = [](bool is_set) { return Attribute(std::int64_t{is_set ? 1 : 0}); };
    const bool a = d.node().attribute_int("transA", 0) != 0;
    const bool b = d.node().attribute_int("transB", 0) != 0;
    const float alpha = d.node().attribute_float("alpha", 1);
    const auto product = [&](const std::string& x, bool trans_x, const std::string& y, bool trans_y) {
        return d.make("Gemm", {x, y},
                      {{"alpha", alpha}, {"transA", flag(trans_x)}, {"transB", flag(trans_y)}});
    };
    if (d.wants(0)) d.give(0, a ? product(d.in(1), b, d.dy(), true) : product(d.dy(), false, d.in(1), !b));
    if (d.wants(1)) d.give(1, b ? product(d.dy(), true, d.in(0), a) : product(d.in(0), !a, d.dy(), false));
    if (d.wants(2)) d.give(2, d.make("Mul", {d.dy(), d.number(d.node().attribute_float("beta", 1))}));
}

}  // namespace

extern const GradientRule gemm{
    .name = "Gemm",
    .summary = "dA' = alpha dy B, dB' = alpha A dy, dC = beta dy, with A' = A or its transpose",
    .derive = derive};

}  // namespace espalier::gradients_::gemm_
