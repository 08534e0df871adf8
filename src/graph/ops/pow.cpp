// Pow: a^b with numpy broadcasting, of a's type; b may be of another. Integers to integers wrap around.
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"
#include "tensor/convert.h"

namespace espalier::ops_::pow_ {
namespace {

void infer(InferContext& context) { context.set_output(0, {context.input(0).dtype, broadcast_all(context)}); }

template <class T>
T whole_power(T base, std::int64_t exponent) {
    if (exponent < 0) return base == 1 ? T(1) : base == T(-1) ? (exponent % 2 == 0 ? T(1) : base) : T(0);
    T power = 1;
    const auto times = [](T a, T b) { return wrapping(a, b, [](auto x, auto y) { return x * y; }); };
    for (; exponent > 0; exponent /= 2) {
        if (exponent % 2 != 0) power = times(power, base);
        base = times(base, base);
    }
    return power;
}

template <class T, class Exponent, class F>
void each(Evaluation& e, const Tensor& exponents, const F& f) {
    const T* a = e.data<T>(0);
    const Exponent* b = exponents.as<Exponent>().data();
    T* y = e.result<T>();
    const Shape& shape = e.output().shape();
    walk<2>(shape, {repeated_strides(e.input(0).shape(), shape), repeated_strides(exponents.shape(), shape)},
            [&](const auto& at) { *y++ = f(a[at[0]], b[at[1]]); });
}

void evaluate(Evaluation& e) {
    const DType exponent = e.input(1).dtype();
    const bool real = exponent == DType::f32 || exponent == DType::f64;
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        if constexpr (std::is_floating_point_v<T>) {
            each<T, T>(e, converted(e.input(1), dtype_of<T>), [](T a, T b) { return std::pow(a, b); });
        } else if (real) {
            each<T, double>(e, converted(e.input(1), DType::f64), [](T a, double b) {
                const Tensor power = Tensor::of<double>({}, std::vector{std::pow(static_cast<double>(a), b)});
                return converted(power, dtype_of<T>).template as<T>()[0];
            });
        } else {
            each<T, std::int64_t>(e, converted(e.input(1), DType::i64), whole_power<T>);
        }
    });
}

}  // namespace

extern const Operator pow{.name = "Pow",
                          .summary = "a to the power of b",
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .infer = infer,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::pow_
