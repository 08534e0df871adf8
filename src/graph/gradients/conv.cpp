// Conv: dx spreads dy back by the weight, dw_k = sum of dy_p x_(p stride + k dilation - pad), db = sum of dy.
#include "graph/gradient/windows.h"

namespace espalier::gradients_::conv_ {
namespace {

void derive(Derivation& d) {
    const std::int64_t group = d.node().attribute_int("group", 1);
    const std::vector<WindowAxis> axes = window_of(d, d.shape(d.in(1)));
    if (d.wants(0)) d.give(0, spread_back(d, d.dy(), d.in(1), axes, group, d.shape(d.in())));
    if (d.wants(1)) d.give(1, correlate(d, d.in(), d.dy(), axes, group));
    if (!d.wants(2)) return;
    std::vector<std::int64_t> others = {0};
    for (std::int64_t i = 2; i < std::ssize(d.shape(d.in())); ++i) others.push_back(i);
    d.give(2, d.reshaped(d.sum_over(d.dy(), others), d.shape(d.in(2))));
}

}  // namespace

extern const GradientRule conv{.name = "Conv",
                               .summary = "dx is the transposed convolution of dy, dw that of x with dy",
                               .derive = derive};

}  // namespace espalier::gradients_::conv_
