// Slice (opset 13): of each dimension that `axes` names, positions from `starts` up to `ends`, `steps` apart.
#include <fmt/format.h>

#include "graph/computation/slicing.h"
#include "graph/coupling/coupling.h"

#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier::ops_::slice_ {
namespace {

using Ints = std::vector<std::int64_t>;

void check_lengths(const InferContext& context) {
    for (std::size_t i = 1; i < 5; ++i) {
        if (!context.has_input(i)) continue;
        context.require_integer(i);
        context.require_rank(i, 1, "starts, ends, axes or steps");
        context.unify(context.input(1).dims[0], context.input(i).dims[0], "the number of starts");
    }
}

/// The axes that are cut, in the order of starts; nothing if they are not known.
std::optional<std::vector<std::size_t>> axes_of(const InferContext& context, std::size_t rank) {
    const Dim& length = context.input(1).dims[0];
    std::vector<std::size_t> axes;
    if (context.has_input(3)) {
        const auto given = context.constant_ints(3);
        if (!given) return {};
        context.axes(*given, rank);  // throws if one is named twice
        for (const std::int64_t axis : *given) axes.push_back(context.axis(axis, rank));
        return axes;
    }
    if (!length.is_fixed()) return {};
    if (length.size() > static_cast<std::int64_t>(rank))
        context.fail(fmt::format("{} starts for a value of {} dimensions", length.size(), rank));
    for (std::size_t i = 0; i < static_cast<std::size_t>(length.size()); ++i) axes.push_back(i);
    return axes;
}

/// What is left of one dimension; open where that is not known.
Dim cut(const Dim& dim, const Element& start, const Element& end, std::optional<std::int64_t> step) {
    if (!start.number || !end.number || !step) return {};
    const std::int64_t from = start.number.value_or(0);
    const std::int64_t to = end.number.value_or(0);
    if (dim.is_fixed()) return slice_range(dim.size(), from, to, *step).count;
    return from == 0 && to >= std::numeric_limits<std::int32_t>::max() && *step == 1 ? dim : Dim();
}

void infer(InferContext& context) {
    check_lengths(context);
    Dims out = context.input(0).dims;
    const auto axes = axes_of(context, out.size());
    if (!axes) std::ranges::fill(out, Dim());
    const auto starts = context.elements(1);
    const auto ends = context.elements(2);
    const auto steps = context.has_input(4) ? context.constant_ints(4)
                       : axes               ? std::optional(Ints(axes->size(), 1))
                                            : std::nullopt;
    for (std::size_t i = 0; axes && i < axes->size(); ++i) {
        Dim& dim = out[(*axes)[i]];
        if (steps && (*steps)[i] == 0) context.fail("steps of 0");
        dim = cut(dim, starts ? (*starts)[i] : Element(), ends ? (*ends)[i] : Element(),
                  steps ? std::optional((*steps)[i]) : std::nullopt);
    }
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

std::vector<SliceRange> ranges_of(const Evaluation& e) {
    const Shape& x = e.input(0).shape();
    std::vector<SliceRange> ranges;
    for (const std::int64_t size : x) ranges.push_back({.count = size});
    const Ints starts = e.integers(1);
    const Ints ends = e.integers(2);
    const Ints axes = e.has_input(3) ? e.integers(3) : Ints();
    const Ints steps = e.has_input(4) ? e.integers(4) : Ints(starts.size(), 1);
    for (std::size_t i = 0; i < starts.size(); ++i) {
        const std::int64_t axis = axes.empty() ? static_cast<std::int64_t>(i) : axes[i];
        const auto at = static_cast<std::size_t>(axis < 0 ? axis + std::ssize(x) : axis);
        ranges[at] = slice_range(x[at], starts[i], ends[i], steps[i]);
    }
    return ranges;
}

void evaluate(Evaluation& e) {
    Shape strides = row_major_strides(e.input(0).shape());
    std::int64_t first = 0;
    Shape sizes;
    const auto ranges = ranges_of(e);
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        sizes.push_back(ranges[i].count);
        if (ranges[i].count > 0) first += ranges[i].first * strides[i];
        // A step longer than the dimension is never taken.
        strides[i] = ranges[i].count > 1 ? strides[i] * ranges[i].step : 0;
    }
    Tensor out(e.dtype(), sizes);
    copy_part(sizes, size_of(e.dtype()),
              {.data = e.input(0).bytes().data(), .first = first, .strides = strides},
              {.data = out.bytes().data(), .strides = row_major_strides(sizes)});
    e.set_output(0, std::move(out));
}

std::optional<Elements> trace(const InferContext& context) {
    const auto x = context.elements(0);
    const auto starts = context.constant_ints(1);
    const auto ends = context.constant_ints(2);
    const auto steps = context.has_input(4) ? context.constant_ints(4) : std::optional(Ints{1});
    if (!x || !starts || !ends || !steps || starts->size() != 1) return {};
    const SliceRange range = slice_range(std::ssize(*x), starts->front(), ends->front(), steps->front());
    Elements out;
    for (std::int64_t i = 0; i < range.count; ++i)
        out.push_back((*x)[static_cast<std::size_t>(range.first + i * range.step)]);
    return out;
}

/// Bounds along axes of which something goes, as they stand in what is left.
void shrink(Shrinking& shrinking) {
    const auto rank = shrinking.rank(in(0, 0));
    std::vector<std::int64_t> axes;
    if (shrinking.has_input(3)) {
        axes = shrinking.integers(3);
    } else {
        for (std::int64_t axis = 0; axis < shrinking.rank(in(1, 0)); ++axis) axes.push_back(axis);
    }
    std::vector<std::int64_t> starts;
    std::vector<std::int64_t> ends;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const OperandAxis along = in(0, static_cast<std::size_t>(axes[i] < 0 ? axes[i] + rank : axes[i]));
        const auto kept = shrinking.kept(along);
        if (kept.empty()) continue;
        if (shrinking.has_input(4) && shrinking.integers(4)[i] != 1)
            shrinking.refuse("it steps over what is cut");
        if (starts.empty()) starts = shrinking.integers(1);
        if (ends.empty()) ends = shrinking.integers(2);
        const std::int64_t size = shrinking.size(along);
        for (std::int64_t* bound : {&starts[i], &ends[i]}) {
            const std::int64_t from = std::clamp(*bound < 0 ? *bound + size : *bound, std::int64_t{0}, size);
            *bound = std::ranges::lower_bound(kept, from) - kept.begin();
        }
    }
    if (starts.empty()) return;
    shrinking.set_integers(1, starts);
    shrinking.set_integers(2, ends);
}

bool keeps_examples(const Coupling& coupling, const std::set<std::size_t>& slices) {
    const auto axes = coupling.integers(3);
    const auto is_first = [rank = std::ssize(coupling.input(0))](std::int64_t axis) {
        return axis == 0 || axis == -rank;
    };
    return axes && std::ranges::none_of(*axes, is_first) && slices == std::set<std::size_t>{0};
}

constexpr std::size_t kSizes[] = {2};

}  // namespace

extern const Operator slice{.name = "Slice",
                            .summary = "a part of a value",
                            .min_inputs = 3,
                            .max_inputs = 5,
                            .infer = infer,
                            .evaluate = evaluate,
                            .takes_halves = true,
                            .trace = trace,
                            .sizes = kSizes,
                            .moves = 1,
                            .keeps_examples = keeps_examples,
                            .shrink = shrink};

}  // namespace espalier::ops_::slice_
