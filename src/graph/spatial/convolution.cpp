#include "graph/spatial/convolution.h"

#include <fmt/format.h>

namespace espalier {
namespace {

void check_channels(const InferContext& context, const Dims& x, const Dims& w) {
    const std::int64_t group = context.node().attribute_int("group", 1);
    if (group < 1) context.fail(fmt::format("group={}, expected 1 or more", group));
    if (w[0].is_fixed() && w[0].size() % group != 0)
        context.fail(fmt::format("group={} does not divide {} output channels", group, w[0].size()));
    if (!x[1].is_fixed() || !w[1].is_fixed()) return;
    if (x[1].size() % group != 0)
        context.fail(fmt::format("group={} does not divide {} input channels", group, x[1].size()));
    if (x[1].size() / group != w[1].size()) {
        context.fail(
            fmt::format("the weight of shape {} expects {} input channels a group, got {} in {} groups",
                        to_string(w), w[1].size(), x[1].size(), group));
    }
}

}  // namespace

Dims convolved(const InferContext& context, const Dims& w) {
    const Dims& x = context.input(0).dims;
    if (x.size() != w.size()) {
        context.fail("weight of shape " + to_string(w) + " for an input of shape " + to_string(x) +
                     ", expected as many dimensions");
    }
    const std::size_t rank = image_rank(context);
    std::vector<std::int64_t> kernel;
    for (const Dim& dim : std::span(w).subspan(2)) {
        if (!dim.is_fixed()) context.refuse("kernels of unknown size: the weight is " + to_string(w));
        if (dim.size() < 1) context.fail("kernels without elements: " + to_string(w));
        kernel.push_back(dim.size());
    }
    check_channels(context, x, w);
    Dims out = slide(context, Window::of(context.node(), rank, kernel));
    out.insert(out.begin(), {x[0], w[0]});
    return out;
}

void couple_convolution(Coupling& coupling, std::span<const std::size_t> each_output) {
    const std::int64_t groups = coupling.node().attribute_int("group", 1);
    const std::int64_t channels = coupling.input(1)[1];
    const std::int64_t outputs = coupling.input(1)[0] / groups;
    coupling.same({in(0, 0), out(0, 0)});
    if (channels == 1 && groups > 1) {
        const auto group_of = [outputs](std::int64_t o) { return o / outputs; };
        std::vector<std::pair<OperandAxis, Coupling::ThingOf>> axes = {
            {in(0, 1), [](std::int64_t c) { return c; }}, {in(1, 0), group_of}, {out(0, 1), group_of}};
        for (const std::size_t index : each_output) axes.push_back({in(index, 0), group_of});
        coupling.same_by(axes);
        return;
    }
    const auto in_group = [](std::int64_t size) { return [size](std::int64_t i) { return i % size; }; };
    coupling.same_by({{in(0, 1), in_group(channels)}, {in(1, 1), in_group(channels)}});
    std::vector<std::pair<OperandAxis, Coupling::ThingOf>> axes = {{in(1, 0), in_group(outputs)},
                                                                   {out(0, 1), in_group(outputs)}};
    for (const std::size_t index : each_output) axes.push_back({in(index, 0), in_group(outputs)});
    coupling.same_by(axes);
}

void shrink_convolution(Shrinking& shrinking) {
    const auto kept = shrinking.kept(in(0, 1));
    const bool depthwise = shrinking.node().attribute_int("group", 1) == shrinking.size(in(0, 1));
    if (!kept.empty() && depthwise) shrinking.node().attributes["group"] = std::ssize(kept);
}

}  // namespace espalier
