#include "train/executor/reduction.h"

#include <numeric>

namespace espalier::train {

AtenReduction::AtenReduction(const Node& node, std::span<const at::Tensor> inputs)
    : keep(node.attribute_int("keepdims", 1) != 0) {
    const std::int64_t rank = inputs[0].dim();
    const at::Tensor given = optional_input(inputs, 1);
    axes = given.defined() ? integers(given) : node.attribute_ints("axes", {});
    for (std::int64_t& axis : axes) axis = from_front(axis, rank);
    // The attribute without numbers names none.
    const bool means_all =
        node.attribute_int("noop_with_empty_axes", 0) == 0 && !node.attributes.contains("axes");
    if (!axes.empty() || !means_all) return;
    axes.resize(static_cast<std::size_t>(rank));
    std::iota(axes.begin(), axes.end(), std::int64_t{0});
}

at::Tensor sum_over(const at::Tensor& x, const AtenReduction& over) {
    return over.axes.empty() ? x : x.sum(over.axes, over.keep);
}

}  // namespace espalier::train
