// Squeeze (opset 13): without the dimensions of size 1 that `axes` names, or all of them.
#include <fmt/format.h>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"

namespace espalier::ops_::squeeze_ {
namespace {

void infer(InferContext& context) {
    const Dims& x = context.input(0).dims;
    std::vector<bool> gone(x.size(), false);
    if (context.has_input(1)) {
        const auto axes = context.constant_ints(1);
        if (!axes) context.refuse("axes that are computed from data");
        gone = context.axes(*axes, x.size());
    } else {
        for (std::size_t i = 0; i < x.size(); ++i) {
            if (!x[i].is_fixed()) context.refuse("Squeeze without axes of a value of shape " + to_string(x));
            gone[i] = x[i] == Dim(1);
        }
    }
    Dims out;
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (!gone[i]) {
            out.push_back(x[i]);
        } else if (x[i].is_fixed() && x[i].size() != 1) {
            context.fail(fmt::format("dimension {} of {} is not 1", i, to_string(x)));
        }
    }
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

void evaluate(Evaluation& e) { e.reshape(); }

std::optional<Elements> trace(const InferContext& context) { return context.elements(0); }

constexpr std::size_t kSizes[] = {1};

}  // namespace

extern const Operator squeeze{.name = "Squeeze",
                              .summary = "without dimensions of size 1",
                              .max_inputs = 2,
                              .infer = infer,
                              .evaluate = evaluate,
                              .takes_halves = true,
                              .trace = trace,
                              .sizes = kSizes,
                              .moves = 1,
                              .keeps_examples = keeps_first_axis};

}  // namespace espalier::ops_::squeeze_
