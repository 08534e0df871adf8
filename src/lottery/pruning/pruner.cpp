#include "lottery/pruning/pruner.h"

#include <fmt/format.h>

#include <cmath>

#include "base/hash.h"
#include "espalier/surgery.h"
#include "lottery/pruning/prune_request.h"
#include "lottery/pruning/unit_cut.h"
#include "prune/criterion.h"
#include "train/collect/signals.h"

namespace espalier::lottery {
namespace {

std::uint64_t seed_of(const std::string& occasion, std::uint64_t seed) {
    return hash_u64(fmt::format("prune/{}", occasion), seed);
}

}  // namespace

train::Signals Pruner::signals_of(const PruneInput& input, const Weights& weights,
                                  const prune::Criterion& criterion, std::uint64_t seed) const {
    const double dropout = recipe_.regularize.dropout;
    const bool drops = criterion.signals_mode == prune::SignalsMode::training && dropout > 0;
    const Graph dropped =
        drops ? surgery::with_dropout(graph_, dropout, surgery::all_kept(graph_, recipe_.prune.include))
              : Graph();
    return train::Signals::collect({.graph = drops ? dropped : graph_,
                                    .weights = weights,
                                    .dataset = &dataset_,
                                    .recipe = recipe_,
                                    .needs = criterion.needs,
                                    .batches = recipe_.prune.signal_batches,
                                    .mode = criterion.signals_mode,
                                    .temperature = criterion.temperature,
                                    .seed = seed,
                                    .initial = &input.initial,
                                    .movement = input.movement});
}

train::Signals Pruner::signals_of(const PruneInput& input, const Weights& weights) const {
    return signals_of(input, weights, prune::criteria().get(recipe_.prune.criterion), seed_);
}

const AxisGroups& Pruner::groups() {
    if (!groups_) groups_.emplace(graph_);
    return *groups_;
}

prune::MaskSet Pruner::cut_whole_units(const PruneInput& input, const prune::Target& target,
                                       const std::string& occasion) {
    const std::int64_t rounds = recipe_.prune.score_rounds;
    UnitMasks cut{.masks = input.masks, .notes = {}};
    for (std::int64_t round = 1; round <= rounds; ++round) {
        Weights masked = input.weights;
        cut.masks.apply(masked);
        UnitCut what{.recipe = recipe_,
                     .groups = groups(),
                     .weights = surgery::candidates(graph_, masked),
                     .current = cut.masks,
                     .seed = seed_of(occasion, seed_)};
        const train::Signals signals = signals_of(input, masked);
        signals.attach(what.weights);
        const prune::Target goal =
            rounds == 1 ? target
                        : prune::round_target({.rounds = rounds, .sparsity = target.sparsity}, round);
        UnitMasks next = cut_units(what, goal);
        cut = std::move(next);
    }
    notes_.insert(notes_.end(), cut.notes.begin(), cut.notes.end());
    return std::move(cut.masks);
}

prune::MaskSet Pruner::random_units(const prune::MaskSet& masks, const std::string& occasion) {
    return lottery::random_units({.recipe = recipe_,
                                  .groups = groups(),
                                  .weights = surgery::candidates(graph_, graph_.initializers),
                                  .current = masks,
                                  .seed = seed_of(occasion, seed_)})
        .masks;
}

prune::MaskSet Pruner::cut(const PruneInput& input, const prune::Target& target,
                           const std::string& occasion) {
    if (recipe_.prune.remove) return cut_whole_units(input, target, occasion);
    train::Signals signals;
    prune::Request request = prune_request(recipe_, graph_, candidates_of(recipe_, graph_, input.weights),
                                           input.masks, target, seed_of(occasion, seed_));
    prune::Plan plan;
    if (recipe_.prune.score_rounds == 1) {
        signals = signals_of(input, input.weights);
        signals.attach(request.weights);
        plan = prune::plan(request);
    } else {
        Weights masked;
        plan = prune::plan_in_rounds(std::move(request),
                                     {.rounds = recipe_.prune.score_rounds, .sparsity = target.sparsity},
                                     [&](prune::Request& round) {
                                         masked = input.weights;
                                         round.current->apply(masked);
                                         round.weights = candidates_of(recipe_, graph_, masked);
                                         signals = signals_of(input, masked);
                                         signals.attach(round.weights);
                                     });
    }
    notes_.insert(notes_.end(), plan.notes.begin(), plan.notes.end());
    return std::move(plan.masks);
}

prune::MaskSet Pruner::cut_rounds(const PruneInput& input, int first, int last) {
    if (first == last) return cut(input, round_goal(recipe_, first), fmt::format("level {}", first));
    if (recipe_.prune.remove) {
        prune::MaskSet masks = input.masks;
        for (int round = first; round <= last; ++round) {
            const PruneInput at{.weights = input.weights,
                                .masks = masks,
                                .initial = input.initial,
                                .movement = input.movement};
            masks = cut(at, round_goal(recipe_, round), fmt::format("level {}", round));
        }
        return masks;
    }
    const train::Signals signals = signals_of(input, input.weights);
    prune::MaskSet masks = input.masks;
    for (int round = first; round <= last; ++round) {
        prune::Request request =
            prune_request(recipe_, graph_, candidates_of(recipe_, graph_, input.weights), masks,
                          round_goal(recipe_, round), seed_of(fmt::format("level {}", round), seed_));
        signals.attach(request.weights);
        prune::Plan plan = prune::plan(request);
        masks = std::move(plan.masks);
        if (round == last) notes_.insert(notes_.end(), plan.notes.begin(), plan.notes.end());
    }
    return masks;
}

prune::MaskSet Pruner::cut_towards(const PruneInput& input, const prune::MaskSet& goal, double progress,
                                   const std::string& occasion) {
    prune::Request request = prune_request(recipe_, graph_, candidates_of(recipe_, graph_, input.weights),
                                           input.masks, {}, seed_of(occasion, seed_));
    request.scope = "explicit";
    request.target = {};
    request.layer_targets.clear();
    for (const prune::Candidate& candidate : request.weights) {
        const prune::Mask& mask = goal.at(candidate.name);
        const auto count = static_cast<double>(mask.count());
        // A half more than the number that goes: floor() of the share is then that number, exactly.
        constexpr double kRounding = 1e-9;
        const double gone =
            std::floor(progress * static_cast<double>(mask.count() - mask.kept()) + kRounding);
        if (gone > 0) request.layer_targets[candidate.name] = (gone + 0.5) / count;
    }
    if (request.layer_targets.empty()) return input.masks;
    const train::Signals signals = signals_of(input, input.weights);
    signals.attach(request.weights);
    return prune::plan(request).masks;
}

prune::MaskSet Pruner::regrow(const PruneInput& input, const prune::Action& action,
                              const std::string& occasion) {
    prune::RegrowRequest request;
    request.weights = candidates_of(recipe_, graph_, input.weights);
    request.current = &input.masks;
    request.drop_fraction = action.drop_fraction;
    request.growth = action.growth;
    request.drop = action.drop;
    request.fan_in = action.fan_in;
    if (action.fan_in) request.all_outputs = surgery::output_weights(graph_);
    request.seed = seed_of(occasion, seed_);
    request.threads = 1;
    request.by_sign = action.by_sign;
    // Other batches at every move.
    const auto take = [&](const std::string& criterion) {
        train::Signals signals =
            signals_of(input, input.weights, prune::criteria().get(criterion), request.seed);
        signals.attach(request.weights);
        return signals;
    };
    const train::Signals of_drop = take(request.drop);
    const train::Signals of_growth = take(request.growth);
    return prune::regrow(request);
}

}  // namespace espalier::lottery
