#include "lottery/pruning/unit_cut.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/text/wildcard.h"
#include "espalier/error.h"
#include "surgery/removal/group_ranking.h"

namespace espalier::lottery {
namespace {

using surgery::GroupRanking;

std::vector<std::string> kept_weights(const Recipe& recipe, const std::vector<prune::Candidate>& weights) {
    std::vector<std::string> kept;
    for (const prune::Candidate& weight : weights) {
        const auto fits = [&](const std::string& pattern) { return matches(pattern, weight.name); };
        if (std::ranges::any_of(recipe.prune.keep, fits)) kept.push_back(weight.name);
    }
    return kept;
}

GroupRanking ranking_of(const UnitCut& what, const std::string& criterion) {
    GroupRanking ranking(what.groups, what.weights, kept_weights(what.recipe, what.weights), &what.current,
                         {.criterion = criterion,
                          .unit_norm = what.recipe.prune.unit_norm,
                          .combine = surgery::combine_named(what.recipe.prune.combine),
                          .seed = what.seed});
    if (ranking.groups().empty()) throw InvalidModel("the network has nothing that could be removed");
    return ranking;
}

surgery::GroupBudget budget_of(const Recipe& recipe) {
    surgery::GroupBudget budget{.scope = recipe.prune.scope,
                                .own_targets = recipe.prune.layers,
                                .floor = recipe.prune.floor,
                                .multiple = recipe.prune.round_to};
    if (!recipe.prune.sensitivity.empty())
        budget.sensitivity = prune::read_sensitivity(recipe.prune.sensitivity);
    return budget;
}

UnitMasks masks_of(const UnitCut& what, const GroupRanking& ranking, const GroupRanking::Choice& choice) {
    return {surgery::without_units(what.current, choice.gone(ranking)), choice.notes};
}

/// Weights left, or multiply-adds.
double left_of(const UnitCut& what, const prune::MaskSet& masks, bool in_macs) {
    double left = 0;
    for (const prune::Candidate& weight : what.weights) {
        left += static_cast<double>(masks.at(weight.name).kept()) * (in_macs ? weight.macs_per_element : 1);
    }
    return left;
}

/// The share of units whose removal leads to the target, by halving.
UnitMasks search(const UnitCut& what, const GroupRanking& ranking, const prune::Target& target) {
    constexpr double kMost = 0.98;
    constexpr double kTolerance = 0.005;
    constexpr int kSteps = 16;
    const bool in_macs = target.macs.has_value();
    double goal = 0;
    if (in_macs) {
        prune::MaskSet whole;
        for (const prune::Candidate& weight : what.weights)
            whole.insert(weight.name, prune::Mask(weight.shape));
        goal = *target.macs * left_of(what, whole, true);
    } else {
        goal = static_cast<double>(*target.weights);
    }
    surgery::GroupBudget budget = budget_of(what.recipe);
    std::optional<UnitMasks> best;
    double best_left = 0;
    double low = 0;
    double high = kMost;
    for (int step = 0; step < kSteps; ++step) {
        const double share = step == 0 ? kMost : (low + high) / 2;
        budget.target = {.sparsity = share};
        UnitMasks masks = masks_of(what, ranking, ranking.choose(budget));
        const double left = left_of(what, masks.masks, in_macs);
        if (step == 0 && left > goal * (1 + kTolerance)) {
            throw InvalidArgument(fmt::format(
                "the target of {:.4g} {} cannot be met: with {:.0f} % of the units removed {:.4g} are left",
                goal, in_macs ? "multiply-adds" : "weights", 100 * kMost, left));
        }
        if (!best || std::abs(left - goal) < std::abs(best_left - goal)) {
            best_left = left;
            best = std::move(masks);
        }
        if (std::abs(left - goal) <= kTolerance * goal) break;
        (left > goal ? low : high) = share;
    }
    return std::move(*best);
}

}  // namespace

UnitMasks cut_units(const UnitCut& what, const prune::Target& target) {
    const GroupRanking ranking = ranking_of(what, what.recipe.prune.criterion);
    if (target.macs || target.weights) return search(what, ranking, target);
    surgery::GroupBudget budget = budget_of(what.recipe);
    budget.target = target;
    return masks_of(what, ranking, ranking.choose(budget));
}

UnitMasks random_units(const UnitCut& what) {
    prune::MaskSet whole;
    for (const prune::Candidate& weight : what.weights) whole.insert(weight.name, prune::Mask(weight.shape));
    const UnitCut fresh{.recipe = what.recipe,
                        .groups = what.groups,
                        .weights = what.weights,
                        .current = whole,
                        .seed = what.seed};
    const GroupRanking ranking = ranking_of(fresh, "random");
    const auto gone = surgery::pruned_units(what.groups, what.current);
    surgery::GroupBudget budget{.scope = "layer-wise", .target = {.sparsity = 0}};
    for (const GroupRanking::Ranked& ranked : ranking.groups()) {
        const auto is_gone = [&](const CoupledUnit& unit) {
            return std::ranges::find(gone, &unit) != gone.end();
        };
        const std::int64_t left =
            std::ssize(ranked.group->units) - std::ranges::count_if(ranked.group->units, is_gone);
        budget.widths[ranked.group->name] = left * ranked.width;
    }
    return masks_of(fresh, ranking, ranking.choose(budget));
}

}  // namespace espalier::lottery
