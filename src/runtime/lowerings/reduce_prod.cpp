// ReduceProd: product over `axes` (default all).
#include "runtime/reductions/reduction.h"

namespace espalier::runtime::lowerings_::reduce_prod_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    const auto step = [](double product, float x) { return product * static_cast<double>(x); };
    const auto combine = [](double a, double b) { return a * b; };
    const auto finish = [](double product) { return product; };
    return reduced(
        site, Folding<double, decltype(step), decltype(combine), decltype(finish)>{1, step, combine, finish});
}

}  // namespace

extern const Lowering reduce_prod{.name = "ReduceProd",
                                  .summary = "product over dimensions",
                                  .candidates = candidates,
                                  .takes = takes_reduction,
                                  .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::reduce_prod_
