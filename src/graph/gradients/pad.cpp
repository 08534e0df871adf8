// Pad with a constant: dx is the part of dy that x became. Other modes move elements.
#include <algorithm>

#include "graph/gradient/moved.h"

namespace espalier::gradients_::pad_ {
namespace {

void derive(Derivation& d) {
    const Shape x = d.shape(d.in());
    const Tensor* const pads = d.constant(1);
    const bool is_plain = d.node().attribute_string("mode", "constant") == "constant" && pads != nullptr &&
                          !d.has_input(3) &&
                          std::ranges::all_of(pads->as<std::int64_t>(), [](auto p) { return p >= 0; });
    if (d.wants(2)) d.refuse("there is no gradient by what a Pad fills in");
    if (!is_plain) return derive_moved(d);
    const auto begins = pads->as<std::int64_t>();
    Shape first(begins.begin(), begins.begin() + std::ssize(x));
    Shape end;
    std::vector<std::int64_t> axes;
    for (std::size_t i = 0; i < x.size(); ++i) {
        end.push_back(first[i] + x[i]);
        axes.push_back(static_cast<std::int64_t>(i));
    }
    d.give(0, d.make("Slice", {d.dy(), d.integers(first), d.integers(end), d.integers(axes)}));
}

}  // namespace

extern const GradientRule pad{
    .name = "Pad", .summary = "dx is the part of dy that x became", .derive = derive};

}  // namespace espalier::gradients_::pad_
