// GlobalAveragePool: dx = dy / n, repeated, of images of n places.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::global_average_pool_ {
namespace {

void derive(Derivation& d) {
    const double each = static_cast<double>(element_count(d.shape(d.out()))) /
                        static_cast<double>(element_count(d.shape(d.in())));
    const std::string part = d.make("Mul", {d.dy(), d.number(each)});
    d.give(0, d.make("Expand", {part, d.integers(d.shape(d.in()))}));
}

}  // namespace

extern const GradientRule global_average_pool{
    .name = "GlobalAveragePool", .summary = "dx = dy / n, repeated, of images of n places", .derive = derive};

}  // namespace espalier::gradients_::global_average_pool_
