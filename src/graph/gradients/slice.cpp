// Slice: dx is dy with zeros around it; where it takes steps, at the places from which it was taken.
#include <algorithm>
#include <optional>

#include "graph/gradient/moved.h"
#include "tensor/convert.h"

namespace espalier::gradients_::slice_ {
namespace {

std::int64_t number_at(const Tensor& tensor, std::int64_t i) {
    return converted(tensor, DType::i64).as<std::int64_t>()[static_cast<std::size_t>(i)];
}

/// The first element that is taken along each axis; nothing where steps are not 1.
std::optional<Shape> starts(const Derivation& d) {
    const Shape x = d.shape(d.in());
    const Tensor* const first = d.constant(1);
    const Tensor* const axes = d.constant(3);
    const Tensor* const steps = d.constant(4);
    if (first == nullptr || (d.has_input(3) && axes == nullptr) || (d.has_input(4) && steps == nullptr))
        return {};
    Shape all(x.size(), 0);
    for (std::int64_t i = 0; i < first->count(); ++i) {
        if (steps != nullptr && number_at(*steps, i) != 1) return {};
        std::int64_t axis = axes != nullptr ? number_at(*axes, i) : i;
        if (axis < 0) axis += std::ssize(x);
        const std::int64_t size = x[static_cast<std::size_t>(axis)];
        const std::int64_t from = number_at(*first, i);
        all[static_cast<std::size_t>(axis)] =
            std::clamp(from < 0 ? from + size : from, std::int64_t{0}, size);
    }
    return all;
}

void derive(Derivation& d) {
    const Shape x = d.shape(d.in());
    const Shape y = d.shape(d.out());
    const std::optional<Shape> first = starts(d);
    if (!first) return derive_moved(d);
    std::vector<std::int64_t> pads = *first;
    for (std::size_t i = 0; i < x.size(); ++i) pads.push_back(x[i] - y[i] - (*first)[i]);
    d.give(0, d.make("Pad", {d.dy(), d.integers(pads)}));
}

}  // namespace

extern const GradientRule slice{
    .name = "Slice", .summary = "dx is dy with zeros around it", .derive = derive};

}  // namespace espalier::gradients_::slice_
