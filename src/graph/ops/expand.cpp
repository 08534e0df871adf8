// Expand: repeated to a shape by numpy's broadcasting, both ways.
#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier::ops_::expand_ {
namespace {

void infer(InferContext& context) {
    context.set_output(
        0, {context.input(0).dtype, broadcast(context, context.input(0).dims, given_dims(context, 1))});
}

void evaluate(Evaluation& e) {
    const Shape& y = e.output().shape();
    copy_part(y, size_of(e.dtype()),
              {.data = e.input(0).bytes().data(), .strides = repeated_strides(e.input(0).shape(), y)},
              {.data = e.output().bytes().data(), .strides = row_major_strides(y)});
}

void shrink(Shrinking& shrinking) { shrink_sizes(shrinking, 1); }

bool keeps_examples(const Coupling& coupling, const std::set<std::size_t>& slices) {
    return coupling.input(0).size() == coupling.output().size() && keeps_first_axis(coupling, slices);
}

constexpr std::size_t kSizes[] = {1};

}  // namespace

extern const Operator expand{.name = "Expand",
                             .summary = "repeated to a shape",
                             .min_inputs = 2,
                             .max_inputs = 2,
                             .infer = infer,
                             .evaluate = evaluate,
                             .takes_halves = true,
                             .sizes = kSizes,
                             .moves = 1,
                             .keeps_examples = keeps_examples,
                             .shrink = shrink};

}  // namespace espalier::ops_::expand_
