// What holds for every criterion, in every granularity and scope: exact counts, units whole, order kept, the
// same mask whatever the number of threads.
#include "any_network.h"

namespace espalier::prune {
namespace {

struct Unit {
    float score;
    std::int64_t size = 0;  // weights left before
    std::int64_t kept = 0;
};

/// Units of a layer with their scores, by the definition of the granularity.
std::vector<Unit> units_of(const Candidate& candidate, const Request& request, const Mask& kept) {
    const bool has_mask = request.current != nullptr && request.current->contains(candidate.name);
    const Mask* const current = has_mask ? &request.current->at(candidate.name) : nullptr;
    const std::vector<float> scores = scores_of(candidate, request.criterion, request.granularity,
                                                request.unit_norm, current, request.seed);
    const std::vector<std::int64_t> numbers = units_by_definition(candidate, request.granularity);
    std::vector<Unit> units;
    for (const float score : scores) units.push_back({score});
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        Unit& unit = units[static_cast<std::size_t>(numbers[i])];
        const auto at = static_cast<std::int64_t>(i);
        if (current == nullptr || (*current)[at]) ++unit.size;
        if (kept[at]) ++unit.kept;
    }
    return units;
}

void expect_whole_units(const std::vector<Unit>& units) {
    for (const Unit& unit : units) RC_ASSERT(unit.kept == 0 || unit.kept == unit.size);
}

/// Whether every unit that stays scores at least as much as every one that goes. `floor` of a layer stay
/// whatever.
void expect_order(const std::vector<std::vector<Unit>>& rankings, std::int64_t floor) {
    float highest_gone = -std::numeric_limits<float>::infinity();
    float lowest_kept = std::numeric_limits<float>::infinity();
    for (const std::vector<Unit>& units : rankings) {
        const auto staying = std::ranges::count_if(units, [](const Unit& unit) { return unit.kept > 0; });
        for (const Unit& unit : units) {
            if (unit.size == 0) continue;
            if (unit.kept == 0) highest_gone = std::max(highest_gone, unit.score);
            if (unit.kept > 0 && staying > floor) lowest_kept = std::min(lowest_kept, unit.score);
        }
    }
    RC_ASSERT(lowest_kept >= highest_gone);
}

/// As many units as fit went: the next one of the least score would have been too much.
void expect_exact(const std::vector<std::vector<Unit>>& rankings, std::int64_t to_cut) {
    std::int64_t cut = 0;
    std::int64_t next = 0;  // the largest of those that could have gone next
    float least = std::numeric_limits<float>::infinity();
    for (const std::vector<Unit>& units : rankings) {
        for (const Unit& unit : units) {
            if (unit.kept == 0) {
                cut += unit.size;
            } else if (unit.score <= least) {
                next = unit.score < least ? unit.size : std::max(next, unit.size);
                least = unit.score;
            }
        }
    }
    RC_ASSERT(cut <= to_cut);
    RC_ASSERT(next == 0 || cut + next > to_cut);
}

std::int64_t to_cut(double share, std::int64_t count, std::int64_t left) {
    const auto pruned = static_cast<std::int64_t>(std::floor(share * static_cast<double>(count) + 1e-9));
    return std::max<std::int64_t>(0, pruned - (count - left));
}

void expect_pattern(const Request& request, const Plan& result) {
    const Grain grain = parse_grain(request.granularity);
    for (const Candidate& candidate : request.weights) {
        std::map<std::vector<std::int64_t>, std::pair<std::int64_t, std::int64_t>> groups;  // left, kept
        const std::vector<Place> places = places_of(candidate);
        for (std::size_t i = 0; i < places.size(); ++i) {
            auto& [left, kept] =
                groups[{places[i].output, places[i].position, places[i].input / grain.arguments.b}];
            const auto at = static_cast<std::int64_t>(i);
            const bool has_mask = request.current != nullptr && request.current->contains(candidate.name);
            if (!has_mask || request.current->at(candidate.name)[at]) ++left;
            if (result.masks.at(candidate.name)[at]) ++kept;
        }
        for (const auto& [key, group] : groups)
            RC_ASSERT(group.second == std::min(grain.arguments.a, group.first));
    }
}

void expect_counts_and_order(const Request& request, const Plan& result) {
    const Scope& scope = scopes().get(request.scope);
    const std::int64_t floor = parse_grain(request.granularity).granularity.whole_layers ? 0 : request.floor;
    std::vector<std::vector<Unit>> all;
    std::int64_t count = 0;
    std::int64_t left = 0;
    for (const Candidate& candidate : request.weights) {
        all.push_back(units_of(candidate, request, result.masks.at(candidate.name)));
        expect_whole_units(all.back());
        if (!scope.within_outputs) expect_order({all.back()}, floor);
        std::int64_t own_left = 0;
        for (const Unit& unit : all.back()) own_left += unit.size;
        const auto own_count = static_cast<std::int64_t>(candidate.weight.size());
        count += own_count;
        left += own_left;
        const auto own = request.layer_targets.find(candidate.name);
        const double share = own != request.layer_targets.end() ? own->second : *request.target.sparsity;
        if ((request.scope == "layer-wise" || request.scope == "explicit") && result.notes.empty()) {
            expect_exact({all.back()}, to_cut(share, own_count, own_left));
        }
    }
    if (request.scope == "global" && result.notes.empty()) {
        expect_exact(all, to_cut(*request.target.sparsity, count, left));
        expect_order(all, 0);
    }
    const bool is_divided = request.scope == "erk" || request.scope == "sensitivity" ||
                            request.scope == "lamp" || request.scope == "owl" || request.scope == "by-time" ||
                            request.scope == "depth-wise";
    if (is_divided && request.granularity == "element" && result.notes.empty()) {
        RC_ASSERT(left - result.masks.kept() == to_cut(*request.target.sparsity, count, left));
    }
}

void expect_sound(const Request& request, const Plan& result) {
    RC_ASSERT(result.layers.size() == request.weights.size());
    for (std::size_t i = 0; i < request.weights.size(); ++i) {
        const Candidate& candidate = request.weights[i];
        const Mask& mask = result.masks.at(candidate.name);
        const LayerPlan& layer = result.layers[i];
        RC_ASSERT(layer.name == candidate.name);
        RC_ASSERT(layer.count == static_cast<std::int64_t>(candidate.weight.size()));
        RC_ASSERT(layer.kept == mask.kept());
        if (request.current != nullptr && request.current->contains(candidate.name)) {
            RC_ASSERT((mask - request.current->at(candidate.name)).kept() == 0);
        }
        if (request.granularity.find(':') != std::string::npos) continue;
        const std::vector<Unit> units = units_of(candidate, request, mask);
        RC_ASSERT(layer.units == static_cast<std::int64_t>(units.size()));
        RC_ASSERT(layer.units_kept ==
                  std::ranges::count_if(units, [](const Unit& unit) { return unit.kept > 0; }));
        if (request.granularity == "layer") continue;
        const auto left = std::ranges::count_if(units, [](const Unit& unit) { return unit.size > 0; });
        RC_ASSERT(layer.units_kept >= std::min<std::int64_t>(request.floor, left));
    }
}

TEST_F(Properties, EveryCriterionInEveryGranularityAndScope) {
    int combinations = 0;
    for (const Criterion* criterion : criteria()) {
        for (const Granularity* granularity : granularities()) {
            for (const Scope* scope : scopes()) {
                ++combinations;
                const std::string name = std::string(criterion->name) + ", " +
                                         std::string(granularity->name) + ", " + std::string(scope->name);
                const bool holds = rc::check(name, [&] {
                    const std::vector<AnyLayer> layers = any_network();
                    Request request = request_of(layers);
                    request.criterion = std::string(criterion->name);
                    request.granularity = any_granularity_text(*granularity);
                    request.unit_norm = *rc::gen::element<std::string>("l1", "l2", "mean", "max");
                    request.floor = *rc::gen::inRange(0, 3);
                    request.threads = *rc::gen::inRange(1, 4);
                    MaskSet current;
                    if (*rc::gen::inRange(0, 2) == 0) {  // from an earlier round, or in single weights
                        Request first = request;
                        first.criterion = "random";
                        first.granularity = *rc::gen::inRange(0, 2) == 0 ? "element" : request.granularity;
                        first.target.sparsity = 0.3;
                        current = plan(first).masks;
                        request.current = &current;
                    }
                    set_scope(request, *scope);
                    const std::optional<Plan> result = plan_or_refusal(request);
                    if (!result) return;
                    if (granularity->tile == nullptr) {
                        expect_pattern(request, *result);
                    } else {
                        expect_counts_and_order(request, *result);
                    }
                    expect_sound(request, *result);
                    request.threads = 3;
                    RC_ASSERT(plan(request).masks == result->masks);
                });
                EXPECT_TRUE(holds) << name;
            }
        }
    }
    EXPECT_EQ(combinations, static_cast<int>(criteria().size() * granularities().size() * scopes().size()));
}

}  // namespace
}  // namespace espalier::prune
