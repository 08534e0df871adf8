// A network on examples in stored order, without training it.
#pragma once

#include "train/batches.h"
#include "train/executor.h"
#include "train/loss.h"
#include "train/trainer.h"

namespace espalier::train {

inline constexpr std::int64_t kEvaluationBatch = 500;  // activations of a LeNet then stay in a 1 MB L2 cache

/// Loss and accuracy on the first `count` examples of `batches`.
Evaluated evaluate_with(Executor& executor, const LossFunction& loss, Batches& batches, std::int64_t count);

}  // namespace espalier::train
