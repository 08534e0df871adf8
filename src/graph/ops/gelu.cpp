// Gelu (Hendrycks & Gimpel 2016; opset 20): y = x / 2 * (1 + erf(x / sqrt 2)), or with approximate = "tanh"
// y = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))).
#include <cmath>
#include <numbers>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::gelu_ {
namespace {

void infer(InferContext& context) {
    const std::string form = context.node().attribute_string("approximate", "none");
    if (form != "none" && form != "tanh") context.fail("approximate=\"" + form + "\", expected none or tanh");
    infer_same_float(context);
}

void evaluate(Evaluation& e) {
    if (e.node().attribute_string("approximate", "none") == "tanh") {
        map_floats(e, [](auto x) {
            using T = decltype(x);
            const T root = std::sqrt(T(2) / std::numbers::pi_v<T>);
            return x / 2 * (1 + std::tanh(root * (x + T(0.044715) * x * x * x)));
        });
    } else {
        map_floats(e, [](auto x) {
            using T = decltype(x);
            return x / 2 * (1 + std::erf(x / std::numbers::sqrt2_v<T>));
        });
    }
}

}  // namespace

extern const Operator gelu{.name = "Gelu",
                           .summary = "x times a normal distribution's share below x",
                           .infer = infer,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::gelu_
