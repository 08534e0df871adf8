// Gemm: Y = alpha * A' * B' + beta * C, with A' = A or its transpose. A fully connected layer is
// Gemm(x[N,K], W[M,K], b[M]; transB=1) -> [N,M].
#include "graph/computation/products.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::gemm_ {
namespace {

constexpr ParameterRole kRoles[] = {{2, 2, "bias"}};

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

void evaluate(Evaluation& e) {
    const bool trans_a = e.node().attribute_int("transA", 0) != 0;
    const bool trans_b = e.node().attribute_int("transB", 0) != 0;
    const float alpha = e.node().attribute_float("alpha", 1);
    const float beta = e.node().attribute_float("beta", 1);
    const Shape& a = e.input(0).shape();
    const Shape& b = e.input(1).shape();
    const Shape& y = e.output().shape();
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        T* to = e.result<T>();
        multiply<T>({e.data<T>(0), trans_a ? 1 : a[1], trans_a ? a[1] : 1},
                    {e.data<T>(1), trans_b ? 1 : b[1], trans_b ? b[1] : 1}, y[0], a[trans_a ? 0 : 1], y[1],
                    to);
        if (alpha != 1) {
            for (T& value : e.output().as<T>()) value = static_cast<T>(value * alpha);
        }
        if (!e.has_input(2)) return;
        const T* c = e.data<T>(2);
        walk<1>(y, {repeated_strides(e.input(2).shape(), y)}, [&](const auto& at) {
            *to = static_cast<T>(*to + (beta == 1 ? c[at[0]] : static_cast<T>(beta * c[at[0]])));
            ++to;
        });
    });
}

int output_axis(const Node& node) { return node.attribute_int("transB", 0) != 0 ? 0 : 1; }

std::optional<WeightUse> weight_use(const Node& node, std::size_t input, const Shape& shape) {
    if (input > 1 || shape.size() != 2) return {};
    const int axis = input == 1 ? output_axis(node) : node.attribute_int("transA", 0) != 0 ? 1 : 0;
    return WeightUse{.shape = shape, .output_axis = axis, .seen_axis = axis};
}

void couple(Coupling& coupling) {
    const std::size_t inner = coupling.node().attribute_int("transA", 0) != 0 ? 0 : 1;
    const std::size_t columns = coupling.node().attribute_int("transB", 0) != 0 ? 0 : 1;
    coupling.same({in(0, inner), in(1, 1 - columns)});
    std::vector<OperandAxis> rows = {in(0, 1 - inner), out(0, 0)};
    std::vector<OperandAxis> outputs = {in(1, columns), out(0, 1)};
    if (coupling.has_input(2)) {
        const Shape& c = coupling.input(2);
        const Shape& y = coupling.output();
        if (!c.empty() && c.back() == y[1]) outputs.push_back(in(2, c.size() - 1));
        if (c.size() == 2 && c[0] == y[0]) rows.push_back(in(2, 0));
    }
    coupling.same(rows);
    coupling.same(outputs);
}

}  // namespace

extern const Operator gemm{.name = "Gemm",
                           .summary = "matrix product with bias: a fully connected layer",
                           .min_inputs = 2,
                           .max_inputs = 3,
                           .infer = infer,
                           .evaluate = evaluate,
                           .weight_input = 1,
                           .output_axis = output_axis,
                           .weight_use = weight_use,
                           .roles = kRoles,
                           .couple = couple};

}  // namespace espalier::ops_::gemm_
