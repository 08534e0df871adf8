// One training of a stage: the trainer's job with everything that the recipe says of it.
#pragma once

#include "lottery/control.h"

namespace espalier::lottery {

struct StageTraining {
    Start start;
    std::int64_t first_step = 0;
    std::int64_t last_step = 0;
    std::uint64_t order_seed = 0;  // of the data order, augmentation and dropout
    std::string checkpoint;        // the file's name; "": none
    Reprune reprune = {};
    std::optional<train::LatentTraining> latents = {};
    std::function<void(const store::Evaluation&)> on_evaluation = {};
};

/// Trains, from its checkpoint if there is one; the pruner's notes go with that.
train::Outcome train_stage(StageContext& context, const StageTraining& training, const StageOptions& options);

}  // namespace espalier::lottery
