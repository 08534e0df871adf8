#include "runtime/reductions/reduction.h"

namespace espalier::runtime {
namespace {

bool has_axes_input(const Node& node) { return node.inputs.size() > 1 && !node.inputs[1].empty(); }

}  // namespace

bool takes_reduction(const Node& node, const std::map<std::string, ValueType>&, const Graph& graph) {
    if (!has_axes_input(node)) return true;
    const auto axes = graph.initializers.find(node.inputs[1]);
    return axes != graph.initializers.end() && axes->second.dtype() == DType::i64;
}

Reduced Reduced::of(const LoweringContext& site) {
    const Shape& x = site.operands[0].shape;
    std::vector<std::int64_t> axes = site.node.attribute_ints("axes", {});
    if (has_axes_input(site.node)) {
        const auto given = site.operands[1].constant->as<std::int64_t>();
        axes.assign(given.begin(), given.end());
    }
    const bool none_is_all =
        site.node.attribute_int("noop_with_empty_axes", 0) == 0 && !site.node.attributes.contains("axes");
    std::vector<bool> goes(x.size(), axes.empty() && none_is_all);
    for (const std::int64_t axis : axes)
        goes[static_cast<std::size_t>(axis < 0 ? axis + std::ssize(x) : axis)] = true;
    const Shape strides = row_major_strides(x);
    Reduced form;
    for (std::size_t d = 0; d < x.size(); ++d) {
        Walk& part = goes[d] ? form.gone : form.kept;
        // Neighbours that go the same way are one dimension.
        const bool joins = d > 0 && goes[d] == goes[d - 1];
        if (joins) {
            part.sizes.back() *= x[d];
            part.strides.back() = strides[d];
        } else {
            part.add(x[d], strides[d]);
        }
    }
    // A single element is one of a dimension of size 1.
    if (form.gone.sizes.empty()) form.gone.add(1, 1);
    return form;
}

}  // namespace espalier::runtime
