// A network on examples in stored order, without training it.
#pragma once

#include "train/executor/executor.h"
#include "train/loop/batches.h"
#include "train/loop/loss_function.h"
#include "train/loop/trainer.h"

namespace espalier::train {

inline constexpr std::int64_t kEvaluationBatch = 500;  // activations of a LeNet then stay in a 1 MB L2 cache

/// Loss and score on the first `count` examples of `batches`, which `ranks` share if there are any.
Evaluated evaluate_with(Executor& executor, const LossFunction& loss, Batches& batches, std::int64_t count,
                        Ranks* ranks = nullptr);

}  // namespace espalier::train
