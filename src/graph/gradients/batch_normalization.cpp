// BatchNormalization of a network that runs: dx = dy scale / sqrt(variance + epsilon), dscale = sum of dy x',
// dbias = sum of dy, with x' = (x - mean) / sqrt(variance + epsilon).
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::batch_normalization_ {
namespace {

void derive(Derivation& d) {
    const auto by_channel = [&](const std::string& value) {
        Shape shape(d.shape(d.in()).size() - 1, 1);
        shape.front() = d.shape(d.in(1)).front();
        return d.reshaped(value, shape);
    };
    const std::string epsilon = d.number(d.node().attribute_float("epsilon", 1e-5F));
    const std::string deviation = d.make("Sqrt", {d.make("Add", {d.in(4), epsilon})});
    if (d.wants(0)) d.give(0, d.make("Mul", {d.dy(), by_channel(d.make("Div", {d.in(1), deviation}))}));
    if (d.wants(3) || d.wants(4)) d.refuse("there is no gradient by running means and variances");
    if (!d.wants(1) && !d.wants(2)) return;
    std::vector<std::int64_t> others = {0};
    for (std::size_t i = 2; i < d.shape(d.in()).size(); ++i) others.push_back(static_cast<std::int64_t>(i));
    const auto summed = [&](const std::string& value) {
        return d.reshaped(d.sum_over(value, others), d.shape(d.in(1)));
    };
    const std::string normal =
        d.make("Div", {d.make("Sub", {d.in(), by_channel(d.in(3))}), by_channel(deviation)});
    if (d.wants(1)) d.give(1, summed(d.make("Mul", {d.dy(), normal})));
    if (d.wants(2)) d.give(2, summed(d.dy()));
}

}  // namespace

extern const GradientRule batch_normalization{
    .name = "BatchNormalization", .summary = "dx = dy scale / sqrt(variance + epsilon)", .derive = derive};

}  // namespace espalier::gradients_::batch_normalization_
