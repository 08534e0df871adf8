#include "train/loop/rates.h"

#include <algorithm>

namespace espalier::train {

Rates::Rates(const Job& job, std::int64_t steps_per_epoch)
    : job_(job), epoch_(steps_per_epoch), schedule_(learning_rates().get(job.recipe.train.schedule)) {
    for (const Length& milestone : job.recipe.train.milestones)
        milestones_.push_back(milestone.steps(epoch_));
}

double Rates::at(std::int64_t step) const {
    const Recipe::Train& train = job_.recipe.train;
    const std::int64_t warmup = train.warmup.steps(epoch_);
    std::int64_t end = train.steps.steps(epoch_);
    if (end == 0) {  // there was no training before: the schedule is this one's own
        end = job_.last_step - job_.first_step;
        step -= job_.first_step;
    }
    step = std::min(step, end - 1);  // behind the end the rate stays
    const double base = train.optimizer.learning_rate;
    if (step < warmup) return base * static_cast<double>(step + 1) / static_cast<double>(warmup);
    return base *
           schedule_.factor(
               {.step = step, .warmup = warmup, .end = end, .milestones = milestones_, .decay = train.decay});
}

}  // namespace espalier::train
