// Unsqueeze (opset 13): with dimensions of size 1 at the places of the output that `axes` names.
#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"

namespace espalier::ops_::unsqueeze_ {
namespace {

void infer(InferContext& context) {
    const auto axes = context.constant_ints(1);
    if (!axes) context.refuse("axes that are computed from data");
    const Dims& x = context.input(0).dims;
    const std::vector<bool> added = context.axes(*axes, x.size() + axes->size());
    Dims out;
    auto next = x.begin();
    for (const bool one : added) out.push_back(one ? Dim(1) : *next++);
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

void evaluate(Evaluation& e) { e.reshape(); }

std::optional<Elements> trace(const InferContext& context) { return context.elements(0); }

constexpr std::size_t kSizes[] = {1};

}  // namespace

extern const Operator unsqueeze{.name = "Unsqueeze",
                                .summary = "with added dimensions of size 1",
                                .min_inputs = 2,
                                .max_inputs = 2,
                                .infer = infer,
                                .evaluate = evaluate,
                                .takes_halves = true,
                                .trace = trace,
                                .sizes = kSizes,
                                .moves = 1,
                                .keeps_examples = keeps_first_axis};

}  // namespace espalier::ops_::unsqueeze_
