#include "graph/gradient/normalised.h"

namespace espalier {

void derive_normalised(Derivation& d, const std::vector<std::int64_t>& axes, const Shape& shape) {
    const auto times = [&](const std::string& a, const std::string& b) { return d.make("Mul", {a, b}); };
    const auto minus = [&](const std::string& a, const std::string& b) { return d.make("Sub", {a, b}); };
    const std::string centred = minus(d.in(), d.mean_over(d.in(), axes));
    const std::string variance = d.mean_over(times(centred, centred), axes);
    const std::string epsilon = d.number(d.node().attribute_float("epsilon", 1e-5F));
    const std::string inverse = d.make("Reciprocal", {d.make("Sqrt", {d.make("Add", {variance, epsilon})})});
    const std::string normal = times(centred, inverse);
    if (d.wants(0)) {
        const std::string g = times(d.dy(), d.reshaped(d.in(1), shape));
        const std::string rest =
            minus(minus(g, d.mean_over(g, axes)), times(normal, d.mean_over(times(g, normal), axes)));
        d.give(0, times(rest, inverse));
    }
    const auto give = [&](std::size_t index, const std::string& gradient) {
        if (!d.wants(index)) return;
        std::vector<std::int64_t> repeated;
        const Shape whole = d.shape(gradient);
        const std::size_t lead = whole.size() - shape.size();
        for (std::size_t i = 0; i < whole.size(); ++i) {
            if (i < lead || shape[i - lead] == 1) repeated.push_back(static_cast<std::int64_t>(i));
        }
        const std::string sum = repeated.empty() ? gradient : d.sum_over(gradient, repeated);
        d.give(index, d.reshaped(sum, d.shape(d.in(index))));
    };
    give(1, times(d.dy(), normal));
    give(2, d.dy());
}

}  // namespace espalier
