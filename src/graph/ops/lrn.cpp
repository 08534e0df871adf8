// LRN (Krizhevsky et al. 2012): y = x / (bias + alpha / size * sum of x^2 over `size` neighbouring
// channels)^beta.
#include <algorithm>
#include <cmath>

#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier::ops_::lrn_ {
namespace {

void infer(InferContext& context) {
    const Dims& x = context.input(0).dims;
    if (x.size() < 2) context.fail("input of shape " + to_string(x) + ", expected N x C x H x W");
    if (context.node().attribute_int("size", 0) < 1)
        context.fail("size=" + std::to_string(context.node().attribute_int("size", 0)) +
                     ", expected 1 or more");
    infer_same_float(context);
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const std::int64_t image = product_of(x, 2, x.size());
    const std::int64_t size = e.node().attribute_int("size", 1);
    const double alpha = e.node().attribute_float("alpha", 1e-4F);
    const double beta = e.node().attribute_float("beta", 0.75F);
    const double bias = e.node().attribute_float("bias", 1.0F);
    e.floats(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        for (std::int64_t i = 0; i < x[0] * x[1]; ++i) {
            const std::int64_t c = i % x[1];
            const std::int64_t first = std::max<std::int64_t>(0, c - (size - 1) / 2) - c;
            const std::int64_t last = std::min(x[1] - 1 - c, size / 2);
            for (std::int64_t k = 0; k < image; ++k) {
                const T* at = e.data<T>(0) + i * image + k;
                double sum = 0;
                for (std::int64_t o = first; o <= last; ++o) {
                    const auto value = static_cast<double>(at[o * image]);
                    sum += value * value;
                }
                e.result<T>()[i * image + k] =
                    static_cast<T>(static_cast<double>(*at) /
                                   std::pow(bias + alpha / static_cast<double>(size) * sum, beta));
            }
        }
    });
}

}  // namespace

extern const Operator lrn{.name = "LRN",
                          .summary = "each element by the size of its neighbours in other channels",
                          .infer = infer,
                          .evaluate = evaluate};

}  // namespace espalier::ops_::lrn_
