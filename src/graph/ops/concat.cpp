// Concat: the inputs behind each other along `axis`.
#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier::ops_::concat_ {
namespace {

void infer(InferContext& context) {
    context.require_one_dtype();
    if (!context.node().attributes.contains("axis")) context.fail("axis is missing");
    Dims out = context.input(0).dims;
    const std::size_t axis = context.axis_attribute(0, out.size());
    for (std::size_t i = 1; i < context.input_count(); ++i) {
        if (!context.has_input(i)) context.fail("an input of Concat is left out");
        const Dims& more = context.input(i).dims;
        if (more.size() != out.size())
            context.fail("inputs of shapes " + to_string(out) + " and " + to_string(more));
        for (std::size_t d = 0; d < out.size(); ++d) {
            out[d] = d == axis ? sum(context, out[d], more[d]) : context.unify(out[d], more[d], "Concat");
        }
    }
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

void evaluate(Evaluation& e) {
    const Shape& y = e.output().shape();
    const std::size_t axis = e.axis(0, y.size());
    const Shape strides = row_major_strides(y);
    std::int64_t first = 0;
    for (std::size_t i = 0; i < e.input_count(); ++i) {
        const Shape& x = e.input(i).shape();
        copy_part(x, size_of(e.dtype()), {.data = e.input(i).bytes().data(), .strides = row_major_strides(x)},
                  {.data = e.output().bytes().data(), .first = first, .strides = strides});
        first += x[axis] * strides[axis];
    }
}

std::optional<Elements> trace(const InferContext& context) {
    Elements all;
    for (std::size_t i = 0; i < context.input_count(); ++i) {
        const Dims& dims = context.input(i).dims;
        const auto more = context.elements(i).value_or(Elements(static_cast<std::size_t>(dims[0].size())));
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
}

bool keeps_examples(const Coupling& coupling, const std::set<std::size_t>& slices) {
    return slices.size() == coupling.input_count() &&
           axis_from_front(coupling, 0, coupling.output().size()) != 0;
}

}  // namespace

extern const Operator concat{.name = "Concat",
                             .summary = "values behind each other",
                             .max_inputs = kAnyNumber,
                             .infer = infer,
                             .evaluate = evaluate,
                             .takes_halves = true,
                             .trace = trace,
                             .moves = kAnyNumber,
                             .keeps_examples = keeps_examples};

}  // namespace espalier::ops_::concat_
