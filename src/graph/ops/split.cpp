// Split (opset 13): parts of a value along `axis`, of the sizes `split`, or of one size for all.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <numeric>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier::ops_::split_ {
namespace {

/// As many as the node has outputs, open where the size of the whole is.
Dims equal_parts(const InferContext& context, const Dim& whole) {
    const std::int64_t count = std::ssize(context.node().outputs);
    if (!whole.is_fixed()) return Dims(static_cast<std::size_t>(count));
    if (whole.size() % count != 0)
        context.fail(fmt::format("{} does not split into {} equal parts", whole.size(), count));
    return Dims(static_cast<std::size_t>(count), Dim(whole.size() / count));
}

Dims given_parts(const InferContext& context, const Dim& whole) {
    const auto sizes = context.constant_ints(1);
    if (!sizes) return Dims(context.node().outputs.size());
    std::int64_t total = 0;
    bool valid = sizes->size() == context.node().outputs.size();
    for (const std::int64_t size : *sizes) valid &= size >= 0 && !__builtin_add_overflow(total, size, &total);
    if (!valid || (whole.is_fixed() && whole.size() != total)) {
        context.fail(fmt::format("split=[{}] into {} outputs of a dimension of {}", fmt::join(*sizes, ", "),
                                 context.node().outputs.size(), to_string(Dims{whole})));
    }
    return {sizes->begin(), sizes->end()};
}

void infer(InferContext& context) {
    Dims out = context.input(0).dims;
    const std::size_t axis = context.axis_attribute(0, out.size());
    const Dims parts =
        context.has_input(1) ? given_parts(context, out[axis]) : equal_parts(context, out[axis]);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        out[axis] = parts[i];
        context.set_output(i, {context.input(0).dtype, out});
    }
}

void evaluate(Evaluation& e) {
    const Shape strides = row_major_strides(e.input(0).shape());
    const std::size_t axis = e.axis(0, strides.size());
    std::int64_t first = 0;
    for (std::size_t i = 0; i < e.output_count(); ++i) {
        Tensor& part = e.output(i);
        copy_part(part.shape(), size_of(e.dtype()),
                  {.data = e.input(0).bytes().data(), .first = first, .strides = strides},
                  {.data = part.bytes().data(), .strides = row_major_strides(part.shape())});
        first += part.shape()[axis] * strides[axis];
    }
}

/// Sizes of the parts, also where they were equal.
void shrink(Shrinking& shrinking) {
    std::int64_t axis = shrinking.node().attribute_int("axis", 0);
    if (axis < 0) axis += shrinking.rank(in(0, 0));
    const auto along = static_cast<std::size_t>(axis);
    if (shrinking.kept(in(0, along)).empty()) return;
    std::vector<std::int64_t> sizes;
    for (std::size_t i = 0; i < shrinking.node().outputs.size(); ++i) {
        const auto kept = shrinking.kept(out(i, along));
        sizes.push_back(kept.empty() ? shrinking.size(out(i, along)) : std::ssize(kept));
    }
    shrinking.set_integers(1, sizes);
}

bool keeps_examples(const Coupling& coupling, const std::set<std::size_t>& slices) {
    return slices == std::set<std::size_t>{0} && axis_from_front(coupling, 0, coupling.input(0).size()) != 0;
}

constexpr std::size_t kSizes[] = {1};

}  // namespace

extern const Operator split{.name = "Split",
                            .summary = "parts of a value",
                            .max_inputs = 2,
                            .outputs = kAnyNumber,
                            .infer = infer,
                            .evaluate = evaluate,
                            .takes_halves = true,
                            .sizes = kSizes,
                            .moves = 1,
                            .keeps_examples = keeps_examples,
                            .shrink = shrink};

}  // namespace espalier::ops_::split_
