#include "lottery/pruning/prune_request.h"

#include <algorithm>
#include <cmath>

#include "base/text/wildcard.h"
#include "espalier/surgery.h"
#include "prune/scheduling/schedule.h"
#include "prune/units/granularity.h"

namespace espalier::lottery {

std::vector<prune::Candidate> candidates_of(const Recipe& recipe, const Graph& graph,
                                            const Weights& weights) {
    std::vector<prune::Candidate> all = surgery::candidates(graph, weights, recipe.prune.include);
    std::erase_if(all, [&](const prune::Candidate& candidate) {
        return std::ranges::any_of(
            recipe.prune.keep, [&](const std::string& pattern) { return matches(pattern, candidate.name); });
    });
    return all;
}

prune::Target round_goal(const Recipe& recipe, std::int64_t round) {
    const Recipe::Prune& prune = recipe.prune;
    if (prune.weights > 0) return {.weights = prune.weights};
    if (prune.macs > 0) {  // each round leaves the same share of what the one before left
        const double way = static_cast<double>(round) / static_cast<double>(prune.rounds);
        return {.macs = std::pow(prune.macs, way)};
    }
    prune::RoundSettings settings{.spacing = prune.spacing, .rounds = prune.rounds};
    (prune.sparsity > 0 ? settings.sparsity : settings.rate) =
        prune.sparsity > 0 ? prune.sparsity : prune.rate;
    return prune::round_target(settings, round);
}

prune::ScheduleSettings schedule_settings(const Recipe& recipe, std::int64_t steps,
                                          std::int64_t steps_per_epoch) {
    const Recipe::Prune& prune = recipe.prune;
    return {.schedule = prune.schedule,
            .steps = steps,
            .sparsity = prune.sparsity,
            .initial_sparsity = prune.initial_sparsity,
            .begin = prune.begin.steps(steps_per_epoch),
            .end = prune.end.steps(steps_per_epoch),
            .every = prune.every.steps(steps_per_epoch),
            .drop_fraction = prune.drop_fraction,
            .decay = prune.decay};
}

bool is_pattern(const Recipe& recipe) {
    return prune::parse_grain(recipe.prune.granularity).granularity.tile == nullptr;
}

bool reads(const Recipe& recipe, std::string_view signal) {
    return std::ranges::count(prune::signals_needed(recipe.prune.criterion), signal) > 0;
}

bool retrains(const Recipe& recipe) { return prune::schedules().get(recipe.prune.schedule).retrains; }

bool reads_training(const Recipe& recipe) {
    return reads(recipe, "movement") || reads(recipe, "initial-weight");
}

std::string untrained_cut(const Recipe& recipe) {
    const prune::Schedule& schedule = prune::schedules().get(recipe.prune.schedule);
    if (!schedule.retrains && !schedule.is_during) return "before training";
    if (recipe.train.steps == Length{}) return "with train.steps = \"0it\"";
    // The first cut is at `begin`, but for a gradual one that begins with nothing.
    const bool cuts_at_once =
        !schedule.decay.empty() || !schedule.latent.empty() || recipe.prune.initial_sparsity > 0;
    if (schedule.is_during && cuts_at_once && recipe.prune.begin == Length{})
        return "with prune.begin = \"0it\"";
    return "";
}

prune::Request prune_request(const Recipe& recipe, const Graph& graph,
                             std::vector<prune::Candidate> candidates, const prune::MaskSet& current,
                             const prune::Target& target, std::uint64_t seed) {
    prune::Request request;
    request.weights = std::move(candidates);
    request.current = &current;
    request.granularity = recipe.prune.granularity;
    request.criterion = recipe.prune.criterion;
    request.unit_norm = recipe.prune.unit_norm;
    request.scope = recipe.prune.scope;
    request.layer_targets = recipe.prune.layers;
    request.floor = recipe.prune.floor;
    request.seed = seed;
    request.threads = 1;  // a stage has one core
    if (!recipe.prune.sensitivity.empty())
        request.sensitivity = prune::read_sensitivity(recipe.prune.sensitivity);
    if (is_pattern(recipe)) return request;
    request.target = target;
    const bool has_own_rate = target.rate && recipe.prune.scope == "layer-wise" &&
                              recipe.prune.layers.empty() && recipe.prune.output_layer_rate > 0;
    if (!has_own_rate) return request;
    for (const std::string& name : surgery::output_weights(graph)) {
        if (std::ranges::find(request.weights, name, &prune::Candidate::name) != request.weights.end())
            request.layer_targets[name] = recipe.prune.output_layer_rate;
    }
    return request;
}

}  // namespace espalier::lottery
