// Div: element-wise quotient with numpy broadcasting; of integers towards zero.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::div_ {
namespace {

template <class T>
T quotient(const Evaluation& e, T a, T b) {
    if constexpr (std::is_integral_v<T>) {
        if (b == 0) e.fail("division by zero");
        // The smallest integer has no negative.
        if constexpr (std::is_signed_v<T>) {
            if (b == T(-1)) return wrapping(T(0), a, [](auto x, auto y) { return x - y; });
        }
    }
    return static_cast<T>(a / b);
}

void evaluate(Evaluation& e) {
    zip_numbers(e, [&](auto a, auto b) { return quotient(e, a, b); });
}

}  // namespace

extern const Operator div{.name = "Div",
                          .summary = "element-wise quotient",
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .infer = infer_broadcast,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::div_
