// Stochastic gradient descent with momentum (Sutskever et al. 2013), in LibTorch's form:
//   g = dL/dw + weight_decay * w
//   b = momentum * b + g                (b = g at the first step)
//   w = w - learning_rate * b           Nesterov: w = w - learning_rate * (g + momentum * b)
#include "base/multiversion.h"
#include "train/optimizer.h"

namespace espalier::train::optimizers_::sgd_ {
namespace {

struct Factors {
    float rate, momentum, decay;
    bool nesterov;
};

ESPALIER_MULTIVERSION
void update_all(std::int64_t count, float* __restrict w, float* __restrict g, const float* __restrict mask,
                float* __restrict b, Factors f) {
    for (std::int64_t i = 0; i < count; ++i) {
        const bool kept = mask == nullptr || mask[i] != 0;
        g[i] = kept ? g[i] : 0.0F;
        const float gradient = g[i] + f.decay * w[i];
        b[i] = f.momentum * b[i] + gradient;
        w[i] -= f.rate * (f.nesterov ? gradient + f.momentum * b[i] : b[i]);
    }
}

void update(const ParameterStep& p, const Recipe::Optimizer& settings, std::int64_t) {
    const Factors factors{static_cast<float>(settings.learning_rate), static_cast<float>(settings.momentum),
                          static_cast<float>(settings.weight_decay), settings.nesterov};
    update_all(p.count, p.weight, p.gradient, p.mask, p.state[0], factors);
}

// Nesterov's step is the plain one where nothing has momentum.
constexpr ReadKey kReads[] = {{.key = "train.optimizer.momentum"},
                              {.key = "train.optimizer.nesterov", .with = "train.optimizer.momentum"}};

}  // namespace

extern const Optimizer sgd{.name = "sgd",
                           .summary = "stochastic gradient descent, momentum, Nesterov",
                           .states = 1,
                           .update = update,
                           .reads = kReads};

}  // namespace espalier::train::optimizers_::sgd_
