// Mod: the remainder of a / b with numpy broadcasting. It has the sign of b (Python's %), or with fmod = 1
// that of a (C's fmod).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"
#include "tensor/convert.h"

namespace espalier::ops_::mod_ {
namespace {

void infer(InferContext& context) {
    const DType dtype = context.input(0).dtype;
    if (is_float(dtype) && context.node().attribute_int("fmod", 0) == 0)
        context.fail("fmod = 0 is for integers, input 0 holds " + std::string(name_of(dtype)));
    infer_broadcast(context);
}

template <class T>
T remainder_of(const Evaluation& e, T a, T b, bool as_in_c) {
    if constexpr (std::is_floating_point_v<T>) {
        return std::fmod(a, b);
    } else {
        if (b == 0) e.fail("division by zero");
        if constexpr (std::is_signed_v<T>) {
            if (b == T(-1)) return 0;  // the smallest integer has no negative
        }
        const T rest = static_cast<T>(a % b);
        const bool other_side = rest != 0 && (rest < 0) != (b < 0);
        return as_in_c || !other_side ? rest : static_cast<T>(rest + b);
    }
}

void evaluate(Evaluation& e) {
    const bool as_in_c = e.node().attribute_int("fmod", 0) != 0;
    zip_numbers(e, [&](auto a, auto b) { return remainder_of(e, a, b, as_in_c); });
}

}  // namespace

extern const Operator mod{.name = "Mod",
                          .summary = "remainder of a quotient",
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .infer = infer,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::mod_
