#include "report/findings/practice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "report/text.h"

namespace espalier::report {
namespace {

using State = Practice::State;
using store::Stage;

Practice raw_accuracy(const Experiment& experiment) {
    const std::string item = "Raw accuracy of the dense and of pruned networks";
    if (experiment.dense() == nullptr) return {State::missing, item, "The dense network is not trained."};
    const Arm& ticket = *experiment.ticket();
    if (ticket.levels.size() < 2) return {State::missing, item, "No pruned level is trained."};
    return {State::met, item,
            fmt::format("Dense {}; sparsest ticket, {} left, {}.",
                        accuracy(experiment.dense()->of(&Stage::test_accuracy)),
                        share(ticket.levels.back().share()),
                        accuracy(ticket.levels.back().of(&Stage::test_accuracy)))};
}

Practice ratios(const Experiment& experiment) {
    constexpr std::ptrdiff_t kEnough = 5;
    const auto& levels = experiment.ticket()->levels;
    const auto pruned =
        std::count_if(levels.begin(), levels.end(), [](const Level& level) { return level.level > 0; });
    return {pruned >= kEnough ? State::met : State::missing, "At least five ratios",
            fmt::format("{} pruned {}.", pruned, pruned == 1 ? "level" : "levels")};
}

Practice controls(const Experiment& experiment) {
    std::vector<std::string> absent;
    if (experiment.dense() == nullptr) absent.emplace_back("the dense network");
    const auto has = [&](store::Chance chance) {
        return std::ranges::count(experiment.arms, chance, &Arm::chance) > 0;
    };
    if (!has(store::Chance::mask)) absent.emplace_back("a random mask (random-mask)");
    if (!has(store::Chance::weights)) absent.emplace_back("reinitialised weights (reinitialize)");
    const std::string item = "Controls: dense, random mask, reinitialised";
    if (absent.empty()) return {State::met, item, "All three are there."};
    return {State::missing, item, fmt::format("Without {}.", fmt::join(absent, " and "))};
}

Practice untouched_test_set(const Experiment& experiment) {
    const std::string item = "The test set chooses nothing";
    if (!experiment.settings) {
        return {State::missing, item, "The recipe cannot be read, so the validation split is not known."};
    }
    if (experiment.settings->data.validation <= 0)
        return {State::missing, item, "There is no validation split."};
    const Recipe::Data& data = experiment.settings->data;
    const std::string tested = data.test == 0 ? ""
                                              : fmt::format(" {} of the test examples are used.",
                                                            whole(static_cast<double>(data.test)));
    return {State::met, item,
            fmt::format("Early stops and levels are chosen on {} validation examples.{}",
                        whole(static_cast<double>(data.validation)), tested)};
}

std::int64_t steps(const Stage& stage) { return stage.last_step - stage.first_step; }

struct Cost {
    double steps = 0;
    double seconds = 0;
};

/// Of the whole search for the sparsest ticket, dense training included, mean over replicates.
Cost search_cost(const Arm& ticket) {
    Cost cost;
    for (const Level& level : ticket.levels) {
        cost.seconds += level.of(&Stage::seconds).mean;
        double sum = 0;
        for (const Stage& stage : level.replicates) sum += static_cast<double>(steps(stage));
        cost.steps += sum / static_cast<double>(level.replicates.size());
    }
    return cost;
}

/// Names of arms that at some level train for another number of steps than the ticket there.
std::vector<std::string> unequal(const Experiment& experiment) {
    std::vector<std::string> names;
    for (const Arm& arm : experiment.arms) {
        const bool differs = std::any_of(arm.levels.begin(), arm.levels.end(), [&](const Level& level) {
            const Level* ours = experiment.ticket()->find(level.level);
            return ours != nullptr && steps(level.replicates.front()) != steps(ours->replicates.front());
        });
        if (differs) names.push_back(arm.label);
    }
    return names;
}

Practice budget(const Experiment& experiment) {
    const std::string item = "Equal retraining budget, with the cost of the search";
    const Level* dense = experiment.dense();
    if (dense == nullptr) return {State::missing, item, "The dense network is not trained."};
    const Cost cost = search_cost(*experiment.ticket());
    const double dense_steps = static_cast<double>(steps(dense->replicates.front()));
    const std::string search = fmt::format(
        "One search took {} steps and {}, {} the {} steps of one dense training.", whole(cost.steps),
        elapsed(cost.seconds), times(cost.steps / std::max(1.0, dense_steps)), whole(dense_steps));
    const std::vector<std::string> others = unequal(experiment);
    if (others.empty()) return {State::met, item, "All arms train equally long at a level. " + search};
    return {State::warning, item,
            fmt::format("Another number of steps than the ticket: {}. {}", fmt::join(others, ", "), search)};
}

/// Layers with no weights, or with fewer than a twentieth of the network's share.
Practice collapsed(const Experiment& experiment) {
    constexpr double kFew = 0.05;
    std::vector<std::string> found;
    for (const Level& level : experiment.ticket()->levels) {
        const Stage& stage = level.replicates.front();
        for (const store::LayerCount& layer : stage.layers) {
            const double left = static_cast<double>(layer.left);
            if (layer.total == 0 ||
                (layer.left > 0 && left / static_cast<double>(layer.total) > kFew * level.share()))
                continue;
            const std::string name = fmt::format("{} ({} of {} weights at level {})", layer.name, whole(left),
                                                 whole(static_cast<double>(layer.total)), level.level);
            const auto named = [&](const std::string& one) { return one.starts_with(layer.name + " ("); };
            if (std::none_of(found.begin(), found.end(), named)) found.push_back(name);
        }
    }
    const std::string item = "Layers that collapsed are named";
    if (found.empty()) return {State::met, item, "No layer of the ticket ran empty or nearly so."};
    return {State::warning, item, fmt::format("Few or no weights left in {}.", fmt::join(found, ", "))};
}

Practice seeds(const Experiment& experiment) {
    constexpr int kEnough = 3;
    const int count = experiment.replicates();
    return {count >= kEnough ? State::met : State::missing, "At least three seeds",
            fmt::format("{} {}{}.", count, count == 1 ? "replicate" : "replicates",
                        count < 2         ? ": nothing can be told from chance"
                        : count < kEnough ? ": intervals are very wide"
                                          : "")};
}

}  // namespace

std::vector<Practice> practices(const Experiment& experiment) {
    if (experiment.ticket() == nullptr) return {};
    return {
        raw_accuracy(experiment), ratios(experiment),    controls(experiment), untouched_test_set(experiment),
        budget(experiment),       collapsed(experiment), seeds(experiment)};
}

}  // namespace espalier::report
