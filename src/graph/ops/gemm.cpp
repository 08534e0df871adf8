// Gemm: Y = alpha * A' * B' + beta * C, with A' = A or its transpose. A fully connected layer is
// Gemm(x[N,K], W[M,K], b[M]; transB=1) -> [N,M].
#include "graph/op.h"

namespace espalier::ops_ {
namespace {

void infer(InferContext& context) {
    context.require_one_dtype();
    for (const char* key : {"alpha", "beta"})
        context.node().attribute_float(key, 1);  // throws on another type
    const auto& a = context.input(0);
    const auto& b = context.input(1);
    if (a.dims.size() != 2)
        context.fail("input A of Gemm has shape " + to_string(a.dims) + ", expected 2 dimensions");
    if (b.dims.size() != 2)
        context.fail("input B of Gemm has shape " + to_string(b.dims) + ", expected 2 dimensions");
    const bool trans_a = context.node().attribute_int("transA", 0) != 0;
    const bool trans_b = context.node().attribute_int("transB", 0) != 0;
    context.unify(b.dims[trans_b ? 1 : 0], a.dims[trans_a ? 0 : 1], "inner dimension of Gemm");
    const Dims out = {a.dims[trans_a ? 1 : 0], b.dims[trans_b ? 0 : 1]};
    if (context.has_input(2)) {
        const Dims& c = context.input(2).dims;
        if (broadcast(context, out, c) != out)
            context.fail("bias of shape " + to_string(c) + " does not broadcast to " + to_string(out));
    }
    context.set_output(0, {a.dtype, out});
}

int output_axis(const Node& node) { return node.attribute_int("transB", 0) != 0 ? 0 : 1; }

}  // namespace

extern const Operator gemm{.name = "Gemm",
                           .summary = "matrix product with bias: a fully connected layer",
                           .min_inputs = 2,
                           .max_inputs = 3,
                           .infer = infer,
                           .weight_input = 1,
                           .output_axis = output_axis};

}  // namespace espalier::ops_
