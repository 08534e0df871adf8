#include "graph/gradient/reduced.h"

namespace espalier {

std::string over_reduced(Derivation& d, const std::string& value) {
    const Shape x = d.shape(d.in());
    if (d.shape(value).size() == x.size()) return value;
    std::vector<std::int64_t> axes = d.node().attribute_ints("axes", {});
    if (const Tensor* given = d.constant(1)) {
        const auto all = given->as<std::int64_t>();
        axes.assign(all.begin(), all.end());
    }
    Shape shape = x;
    for (const std::int64_t axis : axes)
        shape[static_cast<std::size_t>(axis < 0 ? axis + std::ssize(x) : axis)] = 1;
    if (axes.empty()) shape.assign(x.size(), 1);
    return d.reshaped(value, shape);
}

}  // namespace espalier
