#include "train/loop/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "train/judging/agreement.h"
#include "train/judging/divergence.h"
#include "train/judging/evaluation.h"
#include "train/loop/batches.h"
#include "train/loop/checkpoint.h"
#include "train/loop/gradient_pass.h"
#include "train/loop/loss_function.h"
#include "train/loop/rates.h"
#include "train/loop/trained_network.h"

namespace espalier::train {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kProgressInterval = std::chrono::milliseconds(100);

#ifdef NDEBUG
constexpr bool kCheckEveryStep = false;
#else
constexpr bool kCheckEveryStep = true;
#endif

/// One run in progress.
class Trainer {
  public:
    explicit Trainer(const Job& job)
        : job_(job),
          loss_(job.recipe),
          network_(job, loss_.input_of(job.graph)),
          batches_(job.dataset.train, job.dataset.normalization, job.recipe.train.batch_size, job.seed,
                   {.flip = job.recipe.data.flip, .crop = job.recipe.data.crop}),
          validation_(job.dataset.validation, job.dataset.normalization,
                      evaluation_batch(job.dataset.validation), 0),
          gradients_(job, loss_, batches_),
          rates_(job, batches_.steps_per_epoch()),
          explores_anew_(static_cast<bool>(job.reprune)) {}

    Outcome run() {
        const std::int64_t every = job_.recipe.experiment.evaluate_every.steps(batches_.steps_per_epoch());
        std::int64_t step = job_.first_step;
        if (const auto saved = saved_state()) {
            step = saved->step;
        } else {
            prove_removal();
            renew_statistics();
            arrive(step, every);
        }
        if (has_others(job_.ranks)) agree_on_weights(*job_.ranks, network_.weights(), step);
        agree_on_masks(job_.ranks, network_.masks(), step);
        for (; step < job_.last_step; ++step) {
            train_step(step);
            arrive(step + 1, every);
        }
        finish();
        outcome_.seconds = seconds();
        return std::move(outcome_);
    }

  private:
    void prove_removal() {
        constexpr std::int64_t kExamples = 4;
        network_.prove(validation_.range(0, std::min(kExamples, job_.dataset.validation.count())).inputs);
    }

    void renew_statistics() {
        if (!network_.executor().has_buffers()) return;
        const at::NoGradGuard no_grad;
        for (std::int64_t i = 0; i < job_.statistics_batches; ++i) {
            const std::int64_t step = job_.first_step + i;
            network_.executor().forward(batches_.at(step).inputs,
                                        {.training = true, .seed = job_.seed, .step = step});
        }
    }

    void train_step(std::int64_t step) {
        if (explores_anew_) {
            explored_ = explored_.empty() ? network_.masks() : explored_ | network_.masks();
            explores_anew_ = false;
        }
        network_.parameters().draw(step);
        const GradientPass::Result result = gradients_.run(network_, step, wants_stop_);
        stops_ = result.stop;
        last_loss_ = result.loss;
        if (!std::isfinite(last_loss_)) {
            diverged(step, first_not_finite(network_.executor(), batches_.at(step).inputs,
                                            gradients_.pass_of(step)));
        }
        network_.parameters().update(rates_.at(step));
        if constexpr (kCheckEveryStep) ESPALIER_ASSERT(network_.parameters().pruned_are_zero());
        loss_sum_ += last_loss_;
        ++loss_count_;
    }

    [[noreturn]] void diverged(std::int64_t step, const std::string& where) const {
        std::string checkpoint = "there is no checkpoint";
        if (checkpoint_step_ >= 0) {
            checkpoint = fmt::format("the last good checkpoint is of step {}: {}", checkpoint_step_,
                                     job_.checkpoint->path.string());
        }
        throw Error(fmt::format(
            "training diverged in step {}: {} is not finite; a smaller learning rate than {} may help; {}",
            step, where, job_.recipe.train.optimizer.learning_rate, checkpoint));
    }

    /// What happens once `step` updates are done.
    void arrive(std::int64_t step, std::int64_t every) {
        reprune(step);
        if (job_.snapshots.contains(step)) outcome_.snapshots.emplace(step, network_.weights());
        if (step % every == 0 || step == job_.first_step || step == job_.last_step) record(step);
        keep(step);
        report(step);
        if (!stops_ || step == job_.last_step) return;
        if (job_.checkpoint) write_checkpoint(step);
        throw Interrupted("stopped");
    }

    void report(std::int64_t step) {
        const auto now = Clock::now();
        if (!job_.on_progress || (now - reported_ < kProgressInterval && step != job_.last_step)) return;
        const double seconds = std::chrono::duration<double>(now - reported_).count();
        const auto examples = static_cast<double>((step - reported_step_) * job_.recipe.train.batch_size);
        const double rate = reported_step_ >= 0 && seconds > 0 ? examples / seconds : 0;
        reported_ = now;
        reported_step_ = step;
        try {
            job_.on_progress({.step = step,
                              .last_step = job_.last_step,
                              .loss = last_loss_,
                              .validation_score = outcome_.validation.score,
                              .examples_per_second = rate});
        } catch (const Interrupted&) {
            if (has_others(job_.ranks)) {  // they stop with this one, after the next step
                wants_stop_ = true;
                return;
            }
            if (job_.checkpoint) write_checkpoint(step);
            throw;
        }
    }

    double seconds() const {
        return earlier_seconds_ + std::chrono::duration<double>(Clock::now() - start_).count();
    }

    /// Writes a checkpoint if one is due.
    void keep(std::int64_t step) {
        if (!job_.checkpoint || step == job_.last_step) return;
        const std::chrono::duration<double> since = Clock::now() - written_;
        if (since.count() >= job_.checkpoint->seconds) write_checkpoint(step);
    }

    void write_checkpoint(std::int64_t step) {
        if (!writes(job_.ranks)) return;
        Checkpoint c{.step = step,
                     .updates = network_.parameters().updates(),
                     .weights = network_.weights(),
                     .optimizer = network_.parameters().state(),
                     .movement = network_.movement(),
                     .masks = network_.masks(),
                     .explored = explored_,
                     .snapshots = outcome_.snapshots,
                     .curve = outcome_.curve,
                     .last_loss = last_loss_,
                     .loss_sum = loss_sum_,
                     .loss_count = loss_count_,
                     .best_weights = has_best_ ? network_.weights(best_values_) : Weights(),
                     .best_step = outcome_.best_step,
                     .best_loss = outcome_.best_validation.loss,
                     .best_accuracy = outcome_.best_validation.score,
                     .seconds = seconds(),
                     .memo = job_.checkpoint->memo ? job_.checkpoint->memo() : ""};
        for (const auto& [name, weight] : c.weights) {
            if (!std::ranges::all_of(weight.f32(), [](float w) { return std::isfinite(w); })) return;
        }
        save(job_.checkpoint->path, job_.checkpoint->key, c);
        written_ = Clock::now();
        checkpoint_step_ = step;
    }

    /// Becomes what the checkpoint says, if there is one.
    std::optional<Checkpoint> saved_state() {
        if (!job_.checkpoint) return {};
        auto saved = load_checkpoint(job_.checkpoint->path, job_.checkpoint->key);
        if (!saved) return {};
        try {
            restore(*saved);
        } catch (const Error& error) {
            throw BadData(fmt::format("{}: {}; without this file training begins anew",
                                      job_.checkpoint->path.string(), error.what()));
        }
        return saved;
    }

    void restore(const Checkpoint& saved) {
        if (saved.step < job_.first_step || saved.step > job_.last_step)
            throw BadData(fmt::format("step {} is not of a training from {} to {}", saved.step,
                                      job_.first_step, job_.last_step));
        network_.restore(saved.weights, saved.masks, saved.updates, saved.optimizer, saved.movement);
        explored_ = saved.explored;
        outcome_.snapshots = saved.snapshots;
        outcome_.curve = saved.curve;
        if (job_.on_evaluation) std::ranges::for_each(saved.curve, job_.on_evaluation);
        if (!saved.curve.empty())
            outcome_.validation = {saved.curve.back().validation_loss,
                                   saved.curve.back().validation_accuracy};
        last_loss_ = saved.last_loss;
        loss_sum_ = saved.loss_sum;
        loss_count_ = saved.loss_count;
        has_best_ = !saved.best_weights.empty();
        if (has_best_) best_values_ = network_.values_of(saved.best_weights);
        outcome_.best_step = saved.best_step;
        outcome_.best_validation = {saved.best_loss, saved.best_accuracy};
        earlier_seconds_ = saved.seconds;
        checkpoint_step_ = saved.step;
        if (job_.checkpoint->recall && !saved.memo.empty()) job_.checkpoint->recall(saved.memo);
    }

    void reprune(std::int64_t step) {
        if (!job_.reprune) return;
        Weights weights;
        Weights movement;
        prune::MaskSet before;
        auto masks = job_.reprune(step, [&]() -> TrainingState {
            weights = network_.weights();
            movement = network_.movement();
            before = network_.masks();
            return {.step = step, .weights = weights, .masks = before, .movement = movement};
        });
        if (!masks) return;
        explores_anew_ = true;
        network_.set_masks(std::move(*masks));
        agree_on_masks(job_.ranks, network_.masks(), step);
        prove_removal();
        has_best_ = false;  // the step of least loss is to be one of the network that comes out
    }

    Evaluated evaluate(Executor& executor, Batches& batches, std::int64_t count) {
        return evaluate_with(executor, loss_, batches, count, job_.ranks);
    }

    void record(std::int64_t step) {
        if (has_others(job_.ranks)) agree_on_weights(*job_.ranks, network_.weights(), step);
        outcome_.validation = evaluate(network_.executor(), validation_, job_.dataset.validation.count());
        if (!std::isfinite(outcome_.validation.loss)) {
            const data::Examples& examples = job_.dataset.validation;
            const Batch batch = validation_.range(0, std::min(evaluation_batch(examples), examples.count()));
            diverged(step, first_not_finite(network_.executor(), batch.inputs, {}));
        }
        outcome_.curve.push_back(
            {.step = step,
             .validation_loss = outcome_.validation.loss,
             .validation_accuracy = outcome_.validation.score,
             .train_loss = loss_count_ == 0 ? 0 : loss_sum_ / static_cast<double>(loss_count_)});
        if (job_.on_evaluation) job_.on_evaluation(outcome_.curve.back());
        loss_sum_ = 0;
        loss_count_ = 0;
        if (!has_best_ || outcome_.validation.loss < outcome_.best_validation.loss) {
            has_best_ = true;
            outcome_.best_step = step;
            outcome_.best_validation = outcome_.validation;
            best_values_ = network_.executor().copy_values();
        }
    }

    void finish() {
        ESPALIER_ASSERT(network_.parameters().pruned_are_zero());
        outcome_.weights = network_.weights();
        outcome_.movement = network_.movement();
        outcome_.masks = network_.masks();
        outcome_.explored = std::move(explored_);
        const auto& [name, train, validation, test, normalization, classes] = job_.dataset;
        Batches batches(test, normalization, evaluation_batch(test), 0);
        outcome_.test = evaluate(network_.executor(), batches, test.count());
        Batches trained(train, normalization, evaluation_batch(train), 0);
        outcome_.train = evaluate(network_.executor(), trained, std::min(train.count(), test.count()));
        outcome_.best_test = outcome_.test;
        if (outcome_.best_step == job_.last_step) return;
        network_.executor().set_values(best_values_);
        outcome_.best_test = evaluate(network_.executor(), batches, test.count());
    }

    const Job& job_;
    LossFunction loss_;
    TrainedNetwork network_;
    Batches batches_;
    Batches validation_;
    GradientPass gradients_;
    Rates rates_;
    Outcome outcome_;
    Executor::Values best_values_;  // at the step of least validation loss
    prune::MaskSet explored_;       // kept in some step so far
    bool explores_anew_ = false;    // masks have changed since
    bool has_best_ = false;
    bool wants_stop_ = false;  // this rank does
    bool stops_ = false;       // all do, after the same step
    double last_loss_ = 0;
    double loss_sum_ = 0;
    std::int64_t loss_count_ = 0;
    Clock::time_point start_ = Clock::now();
    double earlier_seconds_ = 0;  // before the checkpoint that this went on from
    Clock::time_point reported_{};
    std::int64_t reported_step_ = -1;
    Clock::time_point written_ = start_;
    std::int64_t checkpoint_step_ = -1;  // -1: none
};

void check(const Job& job) {
    if (job.graph.inputs.size() != job.dataset.train.inputs.size()) {
        throw Unsupported(fmt::format("the network \"{}\" has {} inputs, the data set {}", job.graph.name,
                                      job.graph.inputs.size(), job.dataset.train.inputs.size()));
    }
    if (job.first_step < 0 || job.first_step > job.last_step) {
        throw InvalidArgument(fmt::format("training from step {} to step {}", job.first_step, job.last_step));
    }
    if (losses().get(job.recipe.train.loss).needs_teacher && job.teacher == nullptr) {
        throw InvalidArgument(fmt::format("loss \"{}\" needs a teacher network", job.recipe.train.loss));
    }
    if (job.reprune && job.masks == nullptr) {
        throw InvalidArgument("pruning during training needs masks to begin with");
    }
    if (job.latents && (job.reprune || job.remove || job.movement || job.masks == nullptr))
        throw InvalidArgument("latents are trained under masks that do not change, and nothing is removed");
    if (job.dataset.train.count() == 0 || job.dataset.validation.count() == 0 ||
        job.dataset.test.count() == 0) {
        throw InvalidArgument(
            fmt::format("data set \"{}\" has an empty split: {} for training, {} for validation, {} for test",
                        job.dataset.name, job.dataset.train.count(), job.dataset.validation.count(),
                        job.dataset.test.count()));
    }
}

}  // namespace

Outcome run(const Job& job) {
    check(job);
    return translate([&] {
        set_threads(job.threads);
        return Trainer(job).run();
    });
}

}  // namespace espalier::train
