// Adam (Kingma & Ba 2015), bias-corrected, with L2 weight decay added to the gradient:
//   g = dL/dw + weight_decay * w
//   m = beta1 * m + (1 - beta1) * g          v = beta2 * v + (1 - beta2) * g^2
//   w = w - learning_rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
#include <cmath>

#include "base/multiversion.h"
#include "train/optimizer.h"

namespace espalier::train::optimizers_::adam_ {
namespace {

struct Factors {
    float step_size, beta1, beta2, inverse_root, epsilon, decay;
};

ESPALIER_MULTIVERSION
void update_all(std::int64_t count, float* __restrict w, float* __restrict g, const float* __restrict mask,
                float* __restrict m, float* __restrict v, Factors f) {
    for (std::int64_t i = 0; i < count; ++i) {
        const bool kept = mask == nullptr || mask[i] != 0;
        g[i] = kept ? g[i] : 0.0F;
        const float gradient = g[i] + f.decay * w[i];
        m[i] = f.beta1 * m[i] + (1 - f.beta1) * gradient;
        v[i] = f.beta2 * v[i] + (1 - f.beta2) * gradient * gradient;
        w[i] -= f.step_size * m[i] / (std::sqrt(v[i]) * f.inverse_root + f.epsilon);
    }
}

void update(const ParameterStep& p, const Recipe::Optimizer& settings, std::int64_t step) {
    const double correction1 = 1 - std::pow(settings.beta1, static_cast<double>(step));
    const double correction2 = 1 - std::pow(settings.beta2, static_cast<double>(step));
    const Factors factors{static_cast<float>(settings.learning_rate / correction1),
                          static_cast<float>(settings.beta1),
                          static_cast<float>(settings.beta2),
                          static_cast<float>(1 / std::sqrt(correction2)),
                          static_cast<float>(settings.epsilon),
                          static_cast<float>(settings.weight_decay)};
    update_all(p.count, p.weight, p.gradient, p.mask, p.state[0], p.state[1], factors);
}

constexpr ReadKey kReads[] = {
    {.key = "train.optimizer.beta1"}, {.key = "train.optimizer.beta2"}, {.key = "train.optimizer.epsilon"}};

}  // namespace

extern const Optimizer adam{.name = "adam",
                            .summary = "adaptive moments, bias-corrected",
                            .states = 2,
                            .update = update,
                            .reads = kReads};

}  // namespace espalier::train::optimizers_::adam_
