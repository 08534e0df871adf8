// Softmax (opset 13): y_i = exp(x_i - max x) / sum_j exp(x_j - max x) along `axis` (default the last).
#include "graph/op.h"

namespace espalier::ops_ {
namespace {

void infer(InferContext& context) {
    context.axis(context.node().attribute_int("axis", -1), context.input(0).dims.size());
    infer_same(context);
}

}  // namespace

extern const Operator softmax{.name = "Softmax", .summary = "normalised exponentials", .infer = infer};

}  // namespace espalier::ops_
