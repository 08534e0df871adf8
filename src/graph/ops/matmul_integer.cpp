// MatMulInteger: y = (a - zero of a) * (b - zero of b), a matrix product of 8-bit integers with sums of i32.
// One zero point, or one for each row of a and each column of b.
#include <fmt/format.h>

#include "graph/computation/products.h"
#include "graph/computation/quantisation.h"
#include "graph/coupling/coupling.h"
#include "tensor/convert.h"

namespace espalier::ops_::matmul_integer_ {
namespace {

void infer(InferContext& context) {
    require_bytes(context, 0);
    require_bytes(context, 1);
    const Dims& a = context.input(0).dims;
    const Dims& b = context.input(1).dims;
    if (a.size() < 2 || b.size() < 2)
        context.refuse(fmt::format("{} times {}, only matrices are supported", to_string(a), to_string(b)));
    context.unify(b[b.size() - 2], a.back(), "inner dimension of MatMulInteger");
    for (std::size_t i = 0; i < 2; ++i) {
        if (!context.has_input(2 + i)) continue;
        if (context.input(2 + i).dtype != context.input(i).dtype) {
            context.fail(fmt::format("the zero point of input {} holds {}, expected {}", i,
                                     name_of(context.input(2 + i).dtype), name_of(context.input(i).dtype)));
        }
        check_one_or_each(context, 2 + i, i == 0 ? a[a.size() - 2] : b.back(), "zero points");
    }
    Dims out = broadcast(context, Dims(a.begin(), a.end() - 2), Dims(b.begin(), b.end() - 2));
    out.push_back(a[a.size() - 2]);
    out.push_back(b.back());
    context.set_output(0, {DType::i32, out});
}

/// The integers less their zero points, of which `axis` from the end has one for each index.
std::vector<std::int32_t> centred(const Evaluation& e, std::size_t index, std::size_t axis) {
    const Tensor x = converted(e.input(index), DType::i32);
    const auto values = x.as<std::int32_t>();
    std::vector<std::int32_t> out(values.begin(), values.end());
    if (!e.has_input(2 + index)) return out;
    const Tensor zeros = converted(e.input(2 + index), DType::i32);
    const auto zero = zeros.as<std::int32_t>();
    const std::size_t inner = axis == 0 ? 1 : static_cast<std::size_t>(x.shape().back());
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] -= zero[zero.size() == 1 ? 0 : i / inner % zero.size()];
    return out;
}

void evaluate(Evaluation& e) {
    const Shape& a = e.input(0).shape();
    const Shape& b = e.input(1).shape();
    const Shape& y = e.output().shape();
    const std::vector<std::int32_t> left = centred(e, 0, 1);
    const std::vector<std::int32_t> right = centred(e, 1, 0);
    const std::int64_t rows = a[a.size() - 2];
    const std::int64_t inner = a.back();
    const std::int64_t columns = b.back();
    const Shape outer(y.begin(), y.end() - 2);
    auto* to = e.result<std::int32_t>();
    walk<2>(outer,
            {repeated_strides({a.begin(), a.end() - 2}, outer),
             repeated_strides({b.begin(), b.end() - 2}, outer)},
            [&](const auto& at) {
                multiply<std::int32_t>({left.data() + at[0] * rows * inner, inner, 1},
                                       {right.data() + at[1] * inner * columns, columns, 1}, rows, inner,
                                       columns, to);
                to += rows * columns;
            });
}

int output_axis(const Node&) { return 1; }

void couple(Coupling& coupling) {
    const std::size_t a = coupling.input(0).size();
    const std::size_t b = coupling.input(1).size();
    const std::size_t y = coupling.output().size();
    coupling.same({in(0, a - 1), in(1, b - 2)});
    coupling.same({in(0, a - 2), out(0, y - 2)});
    std::vector<OperandAxis> columns = {in(1, b - 1), out(0, y - 1)};
    if (coupling.has_input(3) && coupling.input(3) == Shape{coupling.output().back()})
        columns.push_back(in(3, 0));
    coupling.same(columns);
}

constexpr std::size_t kSettings[] = {2, 3};

}  // namespace

extern const Operator matmul_integer{.name = "MatMulInteger",
                                     .summary = "matrix product of 8-bit integers",
                                     .min_inputs = 2,
                                     .max_inputs = 4,
                                     .infer = infer,
                                     .evaluate = evaluate,
                                     .weight_input = 1,
                                     .output_axis = output_axis,
                                     .settings = kSettings,
                                     .couple = couple};

}  // namespace espalier::ops_::matmul_integer_
