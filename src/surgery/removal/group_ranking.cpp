#include "surgery/removal/group_ranking.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "base/text/nearest.h"
#include "espalier/error.h"
#include "prune/criterion.h"
#include "surgery/removal/slices.h"
#include "surgery/removal/unit_scores.h"

namespace espalier::surgery {
namespace {

/// Elements of the weights in `names` that a unit holds.
std::int64_t weights_in(const CoupledUnit& unit, const std::set<std::string>& names) {
    std::int64_t count = 0;
    for (const WeightSlice& slice : unit.slices) count += names.contains(slice.weight) ? slice.count() : 0;
    return count;
}

bool is_pruned(const CoupledUnit& unit, const prune::MaskSet& masks) {
    bool is_any = false;
    bool is_left = false;
    for (const WeightSlice& slice : unit.slices) {
        if (!masks.contains(slice.weight)) continue;
        const prune::Mask& mask = masks.at(slice.weight);
        is_any = true;
        each_element(slice, [&](std::size_t at) { is_left |= mask[static_cast<std::int64_t>(at)]; });
        if (is_left) return false;
    }
    return is_any;
}

/// Units that are wanted of `count`, `left` of which the budget leaves: the nearest number of whole
/// multiples.
std::int64_t in_multiples(std::int64_t left, std::int64_t count, std::int64_t width, std::int64_t multiple) {
    const std::int64_t step = multiple / std::gcd(multiple, width);  // units that make a multiple
    if (left == count || count <= step) return count;
    const std::int64_t wanted = std::max<std::int64_t>(1, (left + step / 2) / step) * step;
    return std::min(wanted, count);
}

}  // namespace

Combine combine_named(std::string_view name) {
    if (name == "sum") return Combine::sum;
    if (name == "mean") return Combine::mean;
    if (name == "max") return Combine::max;
    if (name == "first") return Combine::first;
    throw InvalidArgument(
        fmt::format("slices are combined by sum, mean, max or first, and \"{}\" is none of them", name));
}

GroupRanking::GroupRanking(const AxisGroups& groups, std::span<const prune::Candidate> weights,
                           std::span<const std::string> kept, const prune::MaskSet* current,
                           const GroupScoring& how) {
    std::set<std::string> names;
    for (const prune::Candidate& weight : weights) names.insert(weight.name);
    for (const CoupledGroup& group : groups.groups()) {
        const auto is_kept = [&](const WeightSlice& slice) {
            return std::ranges::find(kept, slice.weight) != kept.end();
        };
        Ranked ranked{.group = &group, .weights = weights_in(group.units.front(), names)};
        std::string& why = left_out_[&group];
        if (!group.refused.empty()) {
            why = group.refused;
        } else if (group.units.size() < 2) {
            why = "there is only one";
        } else if (std::ranges::any_of(group.units.front().slices, is_kept)) {
            why = "it is kept";
        } else if (ranked.weights == 0) {
            why = "its weights are not f32";
        }
        if (!why.empty()) continue;
        ranked.width = std::ssize(group.units.front().slices.front().indices);
        for (const CoupledUnit& unit : group.units)
            ranked.gone.push_back(current != nullptr && is_pruned(unit, *current));
        ranked_.push_back(std::move(ranked));
    }
    score(weights, current, how);
}

void GroupRanking::score(std::span<const prune::Candidate> weights, const prune::MaskSet* current,
                         const GroupScoring& how) {
    if (ranked_.empty()) return;
    if (how.score_units) {
        std::vector<const CoupledGroup*> groups;
        for (const Ranked& ranked : ranked_) groups.push_back(ranked.group);
        const auto scores = how.score_units(groups);
        for (Ranked& ranked : ranked_) ranked.scores = scores.at(ranked.group);
    } else {
        const UnitScores scores(weights, current, how);
        for (Ranked& ranked : ranked_) ranked.scores = scores.of(*ranked.group);
    }
    // Scores below zero keep their order when all are raised by as much.
    float least = 0;
    for (const Ranked& ranked : ranked_) {
        for (const float score : ranked.scores) least = std::min(least, score);
    }
    for (const Ranked& ranked : ranked_) {
        std::vector<float>& row = rows_.emplace_back();
        for (const float score : ranked.scores)
            row.insert(row.end(), static_cast<std::size_t>(ranked.weights), score - least);
    }
}

std::string GroupRanking::left_out(const CoupledGroup& group) const { return left_out_.at(&group); }

prune::Request GroupRanking::request(const GroupBudget& budget, prune::MaskSet& current) const {
    prune::Request request;
    request.granularity = "filter";
    request.criterion = "magnitude";  // of the scores, which stand in all places of a row
    request.unit_norm = "mean";
    request.scope = budget.scope;
    request.target = budget.target;
    request.layer_targets = budget.own_targets;
    request.sensitivity = budget.sensitivity;
    request.floor = budget.floor;
    request.threads = 1;
    for (std::size_t g = 0; g < ranked_.size(); ++g) {
        const Ranked& ranked = ranked_[g];
        const Shape shape = {std::ssize(ranked.scores), ranked.weights};
        request.weights.push_back({.name = ranked.group->name, .shape = shape, .weight = rows_[g]});
        if (std::ranges::find(ranked.gone, true) == ranked.gone.end()) continue;
        prune::Mask mask(shape);
        for (std::int64_t u = 0; u < shape[0]; ++u) {
            for (std::int64_t i = 0; ranked.gone[static_cast<std::size_t>(u)] && i < shape[1]; ++i)
                mask.set(u * shape[1] + i, false);
        }
        current.insert(ranked.group->name, std::move(mask));
    }
    if (!current.empty()) {
        for (std::size_t g = 0; g < ranked_.size(); ++g) {
            if (!current.contains(request.weights[g].name))
                current.insert(request.weights[g].name, prune::Mask(request.weights[g].shape));
        }
        request.current = &current;
    }
    return request;
}

GroupRanking::Choice GroupRanking::choose(const GroupBudget& budget) const {
    prune::MaskSet current;
    const prune::Plan plan = prune::plan(request(budget, current));
    Choice choice{.left = {}, .notes = plan.notes};
    for (const Ranked& ranked : ranked_) {
        const prune::Mask& mask = plan.masks.at(ranked.group->name);
        std::vector<bool>& left = choice.left.emplace_back();
        for (std::int64_t u = 0; u < std::ssize(ranked.scores); ++u) left.push_back(mask[u * ranked.weights]);
    }
    resize(choice, budget);
    return choice;
}

void GroupRanking::resize(Choice& choice, const GroupBudget& budget) const {
    std::set<std::string> named;
    for (std::size_t g = 0; g < ranked_.size(); ++g) {
        const Ranked& ranked = ranked_[g];
        std::vector<bool>& left = choice.left[g];
        const auto count = std::ssize(left);
        const std::int64_t now = std::ranges::count(left, true);
        std::int64_t wanted = in_multiples(now, count, ranked.width, budget.multiple);
        if (const auto own = budget.widths.find(ranked.group->name); own != budget.widths.end()) {
            named.insert(own->first);
            wanted = own->second / ranked.width;
            if (own->second % ranked.width != 0 || wanted < 1 || wanted > count)
                throw InvalidArgument(
                    fmt::format("\"{}\" cannot be {} wide, expected a multiple of {} up to {}", own->first,
                                own->second, ranked.width, count * ranked.width));
        }
        if (wanted == now) continue;
        // What has more to lose comes first; of equals the earlier.
        std::vector<std::size_t> order(left.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
            if (ranked.gone[a] != ranked.gone[b]) return !ranked.gone[a];
            return ranked.scores[a] > ranked.scores[b];
        });
        for (std::size_t i = 0; i < order.size(); ++i)
            left[order[i]] = std::cmp_less(i, wanted) && !ranked.gone[order[i]];
    }
    for (const auto& [name, width] : budget.widths) {
        if (named.contains(name)) continue;
        std::vector<std::string> names;
        for (const Ranked& ranked : ranked_) names.push_back(ranked.group->name);
        throw InvalidArgument(fmt::format("group \"{}\"{}", name, unknown_hint(name, names)));
    }
}

std::vector<const CoupledUnit*> GroupRanking::Choice::gone(const GroupRanking& ranking) const {
    std::vector<const CoupledUnit*> units;
    for (std::size_t g = 0; g < left.size(); ++g) {
        for (std::size_t u = 0; u < left[g].size(); ++u) {
            if (!left[g][u]) units.push_back(&ranking.groups()[g].group->units[u]);
        }
    }
    return units;
}

prune::MaskSet without_units(prune::MaskSet masks, std::span<const CoupledUnit* const> units) {
    std::map<std::string, prune::Mask> changed;
    for (const CoupledUnit* unit : units) {
        for (const WeightSlice& slice : unit->slices) {
            if (!masks.contains(slice.weight)) continue;
            prune::Mask& mask = changed.try_emplace(slice.weight, masks.at(slice.weight)).first->second;
            each_element(slice, [&](std::size_t at) { mask.set(static_cast<std::int64_t>(at), false); });
        }
    }
    for (auto& [name, mask] : changed) masks.insert(name, std::move(mask));
    return masks;
}

std::vector<const CoupledUnit*> pruned_units(const AxisGroups& groups, const prune::MaskSet& masks) {
    std::vector<const CoupledUnit*> all;
    for (const CoupledGroup& group : groups.groups()) {
        if (!group.refused.empty()) continue;
        std::vector<const CoupledUnit*> units;
        for (const CoupledUnit& unit : group.units) {
            if (is_pruned(unit, masks)) units.push_back(&unit);
        }
        if (units.size() < group.units.size()) all.insert(all.end(), units.begin(), units.end());
    }
    return all;
}

std::vector<std::size_t> ids_of(std::span<const CoupledUnit* const> units) {
    std::vector<std::size_t> ids;
    for (const CoupledUnit* unit : units) ids.push_back(unit->id);
    return ids;
}

}  // namespace espalier::surgery
