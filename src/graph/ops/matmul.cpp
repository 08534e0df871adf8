// MatMul: numpy.matmul. The last two dimensions multiply, the ones before broadcast.
#include "graph/computation/products.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::matmul_ {
namespace {

void infer(InferContext& context) {
    context.require_one_dtype();
    Dims a = context.input(0).dims;
    Dims b = context.input(1).dims;
    if (a.empty() || b.empty()) context.fail("MatMul of a scalar");
    const bool vector_a = a.size() == 1;
    const bool vector_b = b.size() == 1;
    if (vector_a) a.insert(a.begin(), Dim(1));
    if (vector_b) b.emplace_back(1);
    context.unify(b[b.size() - 2], a.back(), "inner dimension of MatMul");
    Dims out = broadcast(context, Dims(a.begin(), a.end() - 2), Dims(b.begin(), b.end() - 2));
    if (!vector_a) out.push_back(a[a.size() - 2]);
    if (!vector_b) out.push_back(b.back());
    context.set_output(0, {context.input(0).dtype, out});
}

void evaluate(Evaluation& e) {
    Shape a = e.input(0).shape();
    Shape b = e.input(1).shape();
    Shape y = e.output().shape();
    if (a.size() == 1) {
        a.insert(a.begin(), 1);
        y.insert(y.end() - (b.size() == 1 ? 0 : 1), 1);
    }
    if (b.size() == 1) {
        b.push_back(1);
        y.push_back(1);
    }
    const std::int64_t rows = a[a.size() - 2];
    const std::int64_t inner = a.back();
    const std::int64_t columns = b.back();
    const Shape outer(y.begin(), y.end() - 2);
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        T* to = e.result<T>();
        walk<2>(outer,
                {repeated_strides({a.begin(), a.end() - 2}, outer),
                 repeated_strides({b.begin(), b.end() - 2}, outer)},
                [&](const auto& at) {
                    multiply<T>({e.data<T>(0) + at[0] * rows * inner, inner, 1},
                                {e.data<T>(1) + at[1] * inner * columns, columns, 1}, rows, inner, columns,
                                to);
                    to += rows * columns;
                });
    });
}

int output_axis(const Node&) { return 1; }

/// A matrix or a stack of them, on either side: [..., inputs, outputs] on the right, [..., outputs, inputs]
/// on the left.
std::optional<WeightUse> weight_use(const Node&, std::size_t input, const Shape& shape) {
    if (shape.size() < 2) return {};
    const std::size_t rows = shape.size() - 2;
    const std::int64_t groups = product_of(shape, 0, rows);
    return WeightUse{.shape = {groups * shape[rows], shape.back()},
                     .output_axis = input == 1 ? 1 : 0,
                     .groups = groups,
                     .seen_axis = input == 1 ? rows + 1 : rows};
}

/// Of vectors nothing is said.
void couple(Coupling& coupling) {
    const std::size_t a = coupling.input(0).size();
    const std::size_t b = coupling.input(1).size();
    if (a < 2 || b < 2) return;
    const std::size_t y = coupling.output().size();
    coupling.same({in(0, a - 1), in(1, b - 2)});
    coupling.same({in(0, a - 2), out(0, y - 2)});
    coupling.same({in(1, b - 1), out(0, y - 1)});
    for (std::size_t axis = 0; axis + 2 < y; ++axis) {  // repeated as numpy repeats
        std::vector<OperandAxis> axes = {out(0, axis)};
        for (const auto& [operand, rank] : {std::pair<std::size_t, std::size_t>(0, a), {1, b}}) {
            const std::size_t missing = y - rank;
            if (axis >= missing && coupling.input(operand)[axis - missing] == coupling.output()[axis])
                axes.push_back(in(operand, axis - missing));
        }
        coupling.same(axes);
    }
}

}  // namespace

extern const Operator matmul{.name = "MatMul",
                             .summary = "matrix product",
                             .min_inputs = 2,
                             .max_inputs = 2,
                             .infer = infer,
                             .evaluate = evaluate,
                             .weight_input = 1,
                             .output_axis = output_axis,
                             .weight_use = weight_use,
                             .couple = couple};

}  // namespace espalier::ops_::matmul_
