// Clip: y = min(max(x, low), high), each bound a scalar or left out. ReLU6 is Clip(x, 0, 6).
#include "graph/op.h"

namespace espalier::ops_ {
namespace {

void infer(InferContext& context) {
    context.require_one_dtype();
    for (std::size_t i = 1; i < 3; ++i) {
        if (context.has_input(i) && !context.input(i).dims.empty()) {
            context.fail((i == 1 ? "min has shape " : "max has shape ") + to_string(context.input(i).dims) +
                         ", expected a scalar");
        }
    }
    infer_same(context);
}

}  // namespace

extern const Operator clip{
    .name = "Clip", .summary = "bounded below and above", .min_inputs = 1, .max_inputs = 3, .infer = infer};

}  // namespace espalier::ops_
