// Computations of element-wise operators.
#pragma once

#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier {

/// y = f(x) for each element of floating point.
template <class F>
void map_floats(Evaluation& e, const F& f) {
    e.floats(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const auto x = e.input(0).as<T>();
        T* y = e.result<T>();
        for (std::size_t i = 0; i < x.size(); ++i) y[i] = static_cast<T>(f(x[i]));
    });
}

/// y = f(x) for each number.
template <class F>
void map_numbers(Evaluation& e, const F& f) {
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const auto x = e.input(0).as<T>();
        T* y = e.result<T>();
        for (std::size_t i = 0; i < x.size(); ++i) y[i] = static_cast<T>(f(x[i]));
    });
}

/// y = f(a, b), both of type A and repeated where they are shorter; y of type Y.
template <class A, class Y, class F>
void zip(Evaluation& e, const F& f) {
    const A* a = e.data<A>(0);
    const A* b = e.data<A>(1);
    Y* y = e.result<Y>();
    const Shape& shape = e.output().shape();
    walk<2>(shape, {repeated_strides(e.input(0).shape(), shape), repeated_strides(e.input(1).shape(), shape)},
            [&](const auto& at) { *y++ = static_cast<Y>(f(a[at[0]], b[at[1]])); });
}

/// y = f(a, b) for numbers.
template <class F>
void zip_numbers(Evaluation& e, const F& f) {
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        zip<T, T>(e, f);
    });
}

/// y = f(a, b), a bool.
template <class F>
void compare_numbers(Evaluation& e, const F& f) {
    e.numbers(e.dtype(), [&](auto zero) { zip<decltype(zero), bool>(e, f); });
}

/// y = f(y, next input), all repeated, from the first input on.
template <class F>
void accumulate_numbers(Evaluation& e, const F& f) {
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        T* y = e.result<T>();
        const Shape& shape = e.output().shape();
        for (std::size_t i = 0; i < e.input_count(); ++i) {
            const T* x = e.data<T>(i);
            T* to = y;
            walk<1>(shape, {repeated_strides(e.input(i).shape(), shape)}, [&](const auto& at) {
                *to = i == 0 ? x[at[0]] : static_cast<T>(f(*to, x[at[0]]));
                ++to;
            });
        }
    });
}

/// Integer arithmetic wraps around.
template <class T, class F>
T wrapping(T a, T b, const F& f) {
    if constexpr (std::is_integral_v<T>) {
        using U = std::make_unsigned_t<T>;
        // At least unsigned, as u16 * u16 would be computed in int and overflow.
        using Wide = std::common_type_t<U, unsigned>;
        return static_cast<T>(f(static_cast<Wide>(static_cast<U>(a)), static_cast<Wide>(static_cast<U>(b))));
    } else {
        return f(a, b);
    }
}

}  // namespace espalier
