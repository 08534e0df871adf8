// BatchNormalization (Ioffe & Szegedy 2015): y = gamma * (x - mean) / sqrt(variance + epsilon) + beta for
// each channel, dimension 1. Inputs x, gamma, beta, running mean, running variance. In training the batch's
// own mean and variance stand in, and the running ones follow: running = momentum * running + (1 - momentum)
// * batch.
#include <cmath>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier::ops_::batch_normalization_ {
namespace {

constexpr ParameterRole kRoles[] = {{1, 4, "normalisation"}};

constexpr std::size_t kBuffers[] = {3, 4};
constexpr const char* kNames[] = {"x", "scale", "bias", "mean", "variance"};

void infer(InferContext& context) {
    context.require_one_dtype();
    for (std::size_t i = 1; i < context.node().outputs.size(); ++i) {
        if (!context.node().outputs[i].empty())
            context.refuse("only the first output of BatchNormalization is supported");
    }
    if (context.node().attribute_int("training_mode", 0) != 0)
        context.refuse("BatchNormalization with training_mode is not supported");
    context.node().attribute_float("epsilon", 1e-5F);  // throws on another type
    context.node().attribute_float("momentum", 0.9F);
    const Dims& x = context.input(0).dims;
    if (x.size() < 2) context.fail("input of shape " + to_string(x) + ", expected a batch of channels");
    for (std::size_t i = 1; i < 5; ++i) {
        const Dims& given = context.input(i).dims;
        if (given.size() != 1) {
            context.fail(std::string(kNames[i]) + " has shape " + to_string(given) +
                         ", expected one number a channel");
        }
        context.unify(x[1], given[0], kNames[i]);
    }
    infer_same(context);
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const std::int64_t each = product_of(x, 2, x.size());
    const double epsilon = e.node().attribute_float("epsilon", 1e-5F);
    e.floats(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T* from = e.data<T>(0);
        T* y = e.result<T>();
        for (std::int64_t i = 0; i < x[0] * x[1]; ++i) {
            const auto of = [&](std::size_t input) {
                return static_cast<double>(e.data<T>(input)[i % x[1]]);
            };
            const double scale = of(1) / std::sqrt(of(4) + epsilon);
            for (std::int64_t k = 0; k < each; ++k)
                *y++ = static_cast<T>((static_cast<double>(*from++) - of(3)) * scale + of(2));
        }
    });
}

void couple(Coupling& coupling) {
    coupling.same({in(0, 0), out(0, 0)});
    coupling.same({in(0, 1), out(0, 1), in(1, 0), in(2, 0), in(3, 0), in(4, 0)});
    for (std::size_t axis = 2; axis < coupling.output().size(); ++axis)
        coupling.same({in(0, axis), out(0, axis)});
}

}  // namespace

extern const Operator batch_normalization{.name = "BatchNormalization",
                                          .summary = "each channel to mean 0 and variance 1, then scaled",
                                          .min_inputs = 5,
                                          .max_inputs = 5,
                                          .outputs = 5,
                                          .infer = infer,
                                          .evaluate = evaluate,
                                          .buffers = kBuffers,
                                          .roles = kRoles,
                                          .couple = couple};

}  // namespace espalier::ops_::batch_normalization_
