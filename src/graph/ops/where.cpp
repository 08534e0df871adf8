// Where: a where the condition holds, b elsewhere, with numpy broadcasting.
#include <fmt/format.h>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier::ops_::where_ {
namespace {

void infer(InferContext& context) {
    context.require_boolean(0);
    if (context.input(1).dtype != context.input(2).dtype) {
        context.fail(fmt::format("input 2 holds {}, but input 1 holds {}", name_of(context.input(2).dtype),
                                 name_of(context.input(1).dtype)));
    }
    context.set_output(0, {context.input(1).dtype, broadcast_all(context)});
}

void evaluate(Evaluation& e) {
    const Shape shape = e.output().shape();
    as_bits(size_of(e.output().dtype()), [&](auto zero) {
        using T = decltype(zero);
        const bool* condition = e.data<bool>(0);
        const T* a = reinterpret_cast<const T*>(e.input(1).bytes().data());
        const T* b = reinterpret_cast<const T*>(e.input(2).bytes().data());
        T* y = reinterpret_cast<T*>(e.output().bytes().data());
        walk<3>(shape,
                {repeated_strides(e.input(0).shape(), shape), repeated_strides(e.input(1).shape(), shape),
                 repeated_strides(e.input(2).shape(), shape)},
                [&](const auto& at) { *y++ = condition[at[0]] ? a[at[1]] : b[at[2]]; });
    });
}

}  // namespace

extern const Operator where{.name = "Where",
                            .summary = "a where a condition holds, else b",
                            .min_inputs = 3,
                            .max_inputs = 3,
                            .infer = infer,
                            .evaluate = evaluate,
                            .takes_halves = true,
                            .couple = couple_elements};

}  // namespace espalier::ops_::where_
