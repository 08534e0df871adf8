// Gather: the slices of x along `axis` that the indices name.
#include <algorithm>

#include "graph/computation/indexing.h"
#include "graph/coupling/coupling.h"
#include "graph/walk.h"

namespace espalier::ops_::gather_ {
namespace {

constexpr ParameterRole kRoles[] = {{0, 0, "embedding"}};

void infer(InferContext& context) {
    context.require_integer(1);
    const Dims& x = context.input(0).dims;
    const Dims& indices = context.input(1).dims;
    const std::size_t axis = context.axis_attribute(0, x.size());
    Dims out(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(axis));
    out.insert(out.end(), indices.begin(), indices.end());
    out.insert(out.end(), x.begin() + static_cast<std::ptrdiff_t>(axis) + 1, x.end());
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const std::size_t axis = e.axis(0, x.size());
    const std::size_t bytes =
        static_cast<std::size_t>(product_of(x, axis + 1, x.size())) * size_of(e.dtype());
    const std::byte* from = e.input(0).bytes().data();
    std::byte* to = e.output().bytes().data();
    const auto indices = e.integers(1);
    const std::int64_t outer = product_of(x, 0, axis);
    for (std::int64_t i = 0; i < outer; ++i) {
        for (const std::int64_t index : indices) {
            const std::int64_t at = i * x[axis] + checked_index(e, index, x[axis]);
            std::copy_n(from + static_cast<std::size_t>(at) * bytes, bytes, to);
            to += bytes;
        }
    }
}

std::optional<Elements> trace(const InferContext& context) {
    const auto x = context.elements(0);
    const auto indices = context.constant_ints(1);
    if (!x || !indices || context.input(0).dims.size() != 1) return {};
    Elements out;
    for (const std::int64_t index : *indices) {
        if (index < -std::ssize(*x) || index >= std::ssize(*x)) return {};  // said when it is computed
        out.push_back((*x)[static_cast<std::size_t>(index < 0 ? index + std::ssize(*x) : index)]);
    }
    return out;
}

/// Along the other axes it moves whole slices, whatever the indices are.
void couple(Coupling& coupling) {
    const std::size_t rank = coupling.input(0).size();
    const std::size_t indices = coupling.input(1).size();
    const std::size_t along = axis_from_front(coupling, 0, rank);
    for (std::size_t axis = 0; axis < rank; ++axis) {
        if (axis == along) continue;
        coupling.same({in(0, axis), out(0, axis < along ? axis : axis + indices - 1)});
    }
}

/// An embedding is the product of a one-hot row with the table.
std::optional<WeightUse> weight_use(const Node& node, std::size_t input, const Shape& shape) {
    if (input != 0 || shape.size() < 2 || node.attribute_int("axis", 0) != 0) return {};
    return WeightUse{.shape = {shape[0], product_of(shape, 1, shape.size())},
                     .output_axis = 1,
                     .seen_axis = shape.size() == 2 ? std::optional<std::size_t>(1) : std::nullopt,
                     .on_request = true};
}

void shrink(Shrinking& shrinking) {
    std::int64_t axis = shrinking.node().attribute_int("axis", 0);
    if (axis < 0) axis += shrinking.rank(in(0, 0));
    const auto along = static_cast<std::size_t>(axis);
    const auto kept = shrinking.kept(in(0, along));
    if (kept.empty()) return;
    if (shrinking.rank(in(1, 0)) > 1) shrinking.refuse("indices of several dimensions name what is cut");
    const std::vector<std::int64_t> indices = shrinking.integers(1);
    std::vector<std::int64_t> left;
    for (const std::int64_t index : indices) {
        const std::int64_t from = index < 0 ? index + shrinking.size(in(0, along)) : index;
        const auto at = std::ranges::lower_bound(kept, from);
        if (at != kept.end() && *at == from) left.push_back(at - kept.begin());
    }
    if (left.empty()) shrinking.refuse("what it takes would be cut");
    shrinking.set_integers(1, left);
}

bool keeps_examples(const Coupling& coupling, const std::set<std::size_t>& slices) {
    const std::size_t axis = axis_from_front(coupling, 0, coupling.input(0).size());
    if (slices == std::set<std::size_t>{0}) return axis != 0;
    // Of rows of a table, which the examples name.
    return slices == std::set<std::size_t>{1} && axis == 0 && !coupling.input(1).empty();
}

}  // namespace

extern const Operator gather{.name = "Gather",
                             .summary = "the slices that indices name",
                             .min_inputs = 2,
                             .max_inputs = 2,
                             .infer = infer,
                             .evaluate = evaluate,
                             .takes_halves = true,
                             .trace = trace,
                             .weight_use = weight_use,
                             .roles = kRoles,
                             .couple = couple,
                             .moves = 1,
                             .keeps_examples = keeps_examples,
                             .shrink = shrink};

}  // namespace espalier::ops_::gather_
