// AdamW (Loshchilov & Hutter 2019): Adam whose weight decay stays out of the moments:
//   w = w - learning_rate * weight_decay * w
//   m = beta1 * m + (1 - beta1) * g          v = beta2 * v + (1 - beta2) * g^2
//   w = w - learning_rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
#include "train/optimizer.h"

namespace espalier::train::optimizers_ {
namespace adam_ {
extern const Optimizer adam;
}

namespace adamw_ {
namespace {

void update(const ParameterStep& p, const Recipe::Optimizer& settings, std::int64_t step) {
    const auto keep = static_cast<float>(1 - settings.learning_rate * settings.weight_decay);
    for (std::int64_t i = 0; i < p.count; ++i) p.weight[i] *= keep;
    Recipe::Optimizer without_decay = settings;
    without_decay.weight_decay = 0;
    adam_::adam.update(p, without_decay, step);
}

constexpr ReadKey kReads[] = {
    {.key = "train.optimizer.beta1"}, {.key = "train.optimizer.beta2"}, {.key = "train.optimizer.epsilon"}};

}  // namespace

extern const Optimizer adamw{.name = "adamw",
                             .summary = "Adam with decoupled weight decay",
                             .states = 2,
                             .update = update,
                             .reads = kReads};

}  // namespace adamw_
}  // namespace espalier::train::optimizers_
