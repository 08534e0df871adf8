// AveragePool: dx is the sum of dy / n over the windows that see x, of n places that count.
#include "graph/gradient/windows.h"

namespace espalier::gradients_::average_pool_ {
namespace {

void derive(Derivation& d) {
    const Shape x = d.shape(d.in());
    const Shape y = d.shape(d.out());
    const std::vector<WindowAxis> axes = window_of(d);
    const bool counts_padding = d.node().attribute_int("count_include_pad", 0) != 0;
    std::string share = d.dy();
    // Along each axis, as n is their product.
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const WindowAxis& axis = axes[i];
        std::vector<double> seen;
        for (std::int64_t place = 0; place < y[i + 2]; ++place) {
            const std::int64_t first = place * axis.stride - axis.pad_begin;
            const std::int64_t low = counts_padding ? -axis.pad_begin : 0;
            const std::int64_t high = x[i + 2] + (counts_padding ? axis.pad_end : 0);
            double taps = 0;
            for (std::int64_t k = 0; k < axis.kernel; ++k) {
                const std::int64_t at = first + k * axis.dilation;
                taps += at >= low && at < high ? 1 : 0;
            }
            seen.push_back(taps);
        }
        Shape shape(axes.size(), 1);
        shape[i] = y[i + 2];
        share = d.make("Div", {share, d.numbers(shape, seen)});
    }
    Shape ones = {x[1], 1};
    for (const WindowAxis& axis : axes) ones.push_back(axis.kernel);
    const std::string weight = d.make("Expand", {d.number(1), d.integers(ones)});
    d.give(0, spread_back(d, share, weight, axes, x[1], x));
}

}  // namespace

extern const GradientRule average_pool{.name = "AveragePool",
                                       .summary = "dx is the sum of dy / n over the windows that see x",
                                       .derive = derive};

}  // namespace espalier::gradients_::average_pool_
