#include "lottery/plan/estimate.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "lottery/network/examples.h"
#include "train/loop/trainer.h"

namespace espalier::lottery {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kSteps = 20;  // a LeNet does them in 10 ms, a ResNet-20 in some seconds

struct Throughput {
    double seconds_a_step = 0;
    double seconds_an_example = 0;  // of evaluation
};

double seconds_of(const std::function<void()>& work) {
    const auto start = Clock::now();
    work();
    return std::chrono::duration<double>(Clock::now() - start).count();
}

Throughput pace_of(const Recipe& recipe, const data::Dataset& dataset) {
    const Graph graph = network(recipe, dataset, 1);
    data::Dataset small = dataset;
    small.validation = small.test = examples_from(dataset.validation, 0, 100);
    Recipe plain = recipe;
    plain.experiment.evaluate_every = {0, kSteps};
    const auto train = [&](std::int64_t steps) {
        return seconds_of([&] {
            train::run(
                {.graph = graph, .dataset = small, .recipe = plain, .weights = {}, .last_step = steps});
        });
    };
    const double an_example =
        seconds_of([&] {
            train::evaluate(graph, graph.initializers, small.validation, small.normalization, recipe, 1);
        }) /
        static_cast<double>(small.validation.count());
    train(1);  // the first touch of everything
    const double little = train(1);
    return {.seconds_a_step = std::max(0.0, train(1 + kSteps) - little) / kSteps,
            .seconds_an_example = an_example};
}

double seconds_of(const StageSpec& stage, const Recipe& recipe, const data::Dataset& dataset,
                  const Throughput& pace) {
    const std::int64_t epoch = data::steps_per_epoch(dataset.train.count(), recipe.train.batch_size);
    const auto steps = static_cast<double>(stage.last_step - stage.first_step);
    const auto every = static_cast<double>(recipe.experiment.evaluate_every.steps(epoch));
    const double validations = steps / every + 2;
    const auto test = static_cast<double>(dataset.test.count());
    const double copies = stage.kind == StageSpec::Kind::stability ? 2 : 1;
    double examples = copies * (validations * static_cast<double>(dataset.validation.count()) + 3 * test);
    if (stage.kind == StageSpec::Kind::stability) {
        const auto of = [&](std::int64_t all) {
            const std::int64_t some = recipe.experiment.stability_examples;
            return static_cast<double>(some == 0 ? all : std::min(some, all));
        };
        examples += static_cast<double>(recipe.experiment.stability_points) *
                    (of(dataset.test.count()) + of(dataset.train.count()));
    }
    return copies * steps * pace.seconds_a_step + examples * pace.seconds_an_example;
}

}  // namespace

std::vector<double> estimate_stages(const std::vector<StageSpec>& stages, const Recipe& recipe,
                                    const data::Dataset& dataset,
                                    const std::function<bool(const StageSpec& stage)>& is_done) {
    std::map<std::string, Throughput> paces;  // by what decides them
    std::vector<double> seconds(stages.size(), 0.0);
    for (std::size_t i = 0; i < stages.size(); ++i) {
        if (is_done(stages[i])) continue;
        const Recipe& own = recipe_of(recipe, stages[i]);
        const std::string key = own.deviations({"model", "train"});
        auto found = paces.find(key);
        if (found == paces.end()) found = paces.emplace(key, pace_of(own, dataset)).first;
        seconds[i] = seconds_of(stages[i], own, dataset, found->second);
    }
    return seconds;
}

}  // namespace espalier::lottery
