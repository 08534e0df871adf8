#include "graph/computation/reduction.h"

#include "graph/coupling/coupling.h"
#include "graph/coupling/over_rest.h"

namespace espalier {
namespace {

/// Whether no axes stand for all of them. The attribute without numbers names none.
bool means_all(const Node& node) {
    return node.attribute_int("noop_with_empty_axes", 0) == 0 && !node.attributes.contains("axes");
}

/// The node on what is left of its input, with zeros elsewhere.
std::string reduced_over_rest(RestWriter& writer) {
    std::vector<std::string> inputs = writer.node().inputs;
    inputs[0] = writer.add("Mul", {inputs[0], writer.mask()});
    return writer.add(writer.node().op, inputs, writer.node().attributes);
}

void sum_over_rest(RestWriter& writer) { writer.finish(reduced_over_rest(writer)); }

void mean_over_rest(RestWriter& writer) {
    const double share = static_cast<double>(writer.kept()) / static_cast<double>(writer.size());
    writer.finish(writer.add("Div", {reduced_over_rest(writer), writer.number(static_cast<float>(share))}));
}

void couple_axes(Coupling& coupling, Coupling::WriteOverRest over_rest) {
    const Shape& x = coupling.input(0);
    const auto rank = std::ssize(x);
    std::vector<std::int64_t> axes = coupling.node().attribute_ints("axes", {});
    if (coupling.has_input(1)) {
        if (coupling.constant(1) == nullptr) return;
        const auto given = coupling.constant(1)->as<std::int64_t>();
        axes.assign(given.begin(), given.end());
    }
    if (axes.empty()) return;
    std::vector<bool> goes(x.size());
    for (const std::int64_t axis : axes) goes[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)] = true;
    const bool keeps = coupling.node().attribute_int("keepdims", 1) != 0;
    std::size_t to = 0;
    for (std::size_t axis = 0; axis < x.size(); ++axis) {
        if (!goes[axis]) coupling.same({in(0, axis), out(0, to)});
        if (goes[axis] && over_rest != nullptr) coupling.over_rest({in(0, axis)}, over_rest);
        if (!goes[axis] || keeps) ++to;
    }
}

}  // namespace

void infer_reduction(InferContext& context) {
    const Dims& x = context.input(0).dims;
    const bool keep = context.node().attribute_int("keepdims", 1) != 0;
    std::optional<std::vector<std::int64_t>> axes = context.node().attribute_ints("axes", {});
    if (context.has_input(1)) axes = context.constant_ints(1);
    if (!axes && !keep) context.refuse("axes that are computed from data, with keepdims = 0");
    const bool all = axes && axes->empty() && means_all(context.node());
    const std::vector<bool> reduced = all    ? std::vector<bool>(x.size(), true)
                                      : axes ? context.axes(*axes, x.size())
                                             : std::vector<bool>(x.size(), false);
    Dims out;
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (!axes) {
            out.emplace_back();
        } else if (!reduced[i]) {
            out.push_back(x[i]);
        } else if (keep) {
            out.emplace_back(1);
        }
    }
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

Reduction Reduction::of(const Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const auto axes = e.has_input(1) ? e.integers(1) : e.node().attribute_ints("axes", {});
    std::vector<bool> reduced(x.size(), axes.empty() && means_all(e.node()));
    for (const std::int64_t axis : axes)
        reduced[static_cast<std::size_t>(axis < 0 ? axis + std::ssize(x) : axis)] = true;
    Reduction reduction{.strides = Shape(x.size(), 0)};
    std::int64_t stride = 1;
    for (std::size_t d = x.size(); d-- > 0;) {
        if (reduced[d]) {
            reduction.count *= x[d];
        } else {
            reduction.strides[d] = stride;
            stride *= x[d];
        }
    }
    return reduction;
}

void couple_reduction(Coupling& coupling) { couple_axes(coupling, nullptr); }

void couple_sum(Coupling& coupling) { couple_axes(coupling, sum_over_rest); }

void couple_mean(Coupling& coupling) { couple_axes(coupling, mean_over_rest); }

}  // namespace espalier
