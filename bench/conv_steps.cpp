#include "bench/conv_steps.h"

#include <ctime>

#include "bench/random_data.h"
#include "espalier/models.h"
#include "train/loop/trainer.h"

namespace espalier::bench {
namespace {

constexpr std::int64_t kBatch = 128;
constexpr int kRepeats = 3;

/// Processor time of a training, which says on one thread what a machine alone would take.
double seconds_of(const train::Job& job) {
    const std::clock_t start = std::clock();
    train::run(job);
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

/// Seconds of a step, without what happens before the first and after the last.
double step_seconds(train::Job job, std::int64_t steps) {
    job.last_step = 1;
    const double one = seconds_of(job);
    job.last_step = 1 + steps;
    return (seconds_of(job) - one) / static_cast<double>(steps);
}

/// The masks with their bits turned around: as many weights, nearly all of them others.
prune::MaskSet turned(const prune::MaskSet& masks) {
    prune::MaskSet out;
    for (const auto& [name, mask] : masks) {
        prune::Mask other(mask.shape());
        for (std::int64_t i = 0; i < mask.count(); ++i) other.set(i, mask[mask.count() - 1 - i]);
        out.insert(name, std::move(other));
    }
    return out;
}

}  // namespace

ConvSteps conv_steps(const std::string& network, const std::vector<double>& shares, int steps) {
    const data::Dataset dataset = random_pictures((steps + 1) * kBatch);
    Recipe recipe;
    recipe.train.batch_size = kBatch;
    recipe.train.optimizer = {.name = "sgd", .learning_rate = 0.01, .momentum = 0.9};
    recipe.experiment.evaluate_every = {1000, 0};
    const Graph graph = models::build(network, {.example_shape = {3, 32, 32}});
    const train::Job dense{.graph = graph, .dataset = dataset, .recipe = recipe, .weights = {}};
    std::vector<double> seconds;
    std::vector<double> moving;
    std::vector<std::vector<double>> ratios(shares.size());
    for (int repeat = 0; repeat < kRepeats; ++repeat) {
        seconds.push_back(step_seconds(dense, steps));
        for (std::size_t i = 0; i < shares.size(); ++i) {
            const prune::MaskSet masks = masks_with(graph, shares[i]);
            train::Job sparse = dense;
            sparse.masks = &masks;
            ratios[i].push_back(seconds.back() / step_seconds(sparse, steps));
            if (i > 0) continue;
            sparse.reprune = [&](std::int64_t step, const auto&) {
                return step == 1 + steps / 2 ? std::optional(turned(masks)) : std::nullopt;
            };
            moving.push_back(seconds.back() / step_seconds(sparse, steps));
        }
    }
    ConvSteps result{.dense_seconds = median(seconds), .speedups = {}, .moving_speedup = median(moving)};
    for (const auto& one : ratios) result.speedups.push_back(median(one));
    return result;
}

}  // namespace espalier::bench
