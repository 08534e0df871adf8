// A network on examples in stored order, without training it.
#pragma once

#include "train/executor/executor.h"
#include "train/loop/batches.h"
#include "train/loop/loss_function.h"
#include "train/loop/trainer.h"

namespace espalier::train {

/// How many of these examples are looked at together: 500, as activations of a LeNet then stay in a 1 MB L2
/// cache, or fewer so that their inputs take at most 64 MB, as 111 images of 3 x 224 x 224 do; at least one.
std::int64_t evaluation_batch(const data::Examples& examples);

/// Loss and score on the first `count` examples of `batches`, which `ranks` share if there are any.
Evaluated evaluate_with(Executor& executor, const LossFunction& loss, Batches& batches, std::int64_t count,
                        Ranks* ranks = nullptr);

}  // namespace espalier::train
