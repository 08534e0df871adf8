// What holds for every criterion, in every granularity and scope, on networks that RapidCheck makes up: exact
// counts, units whole, order kept, the same mask for scaled weights, permuted masks for permuted units.
#include <rapidcheck.h>

#include <cstdlib>
#include <numeric>

#include "prune/scope.h"
#include "support.h"

namespace espalier::prune {
namespace {

/// Weights and all signals of one layer. Values are small multiples of 1/8, so that sums are exact and ties
/// happen.
struct Signals {
    Shape shape;
    int output_axis = 0;
    std::vector<float> weight = {};
    std::vector<float> gradient = {};
    std::vector<float> squared_gradient = {};
    std::vector<float> initial_weight = {};
    std::vector<float> hessian_gradient = {};
    std::vector<float> movement = {};
    std::vector<float> input_norm = {};
    std::vector<float> batch_norm_scale = {};
    std::vector<float> flow = {};
};

Signals make_layer(const Shape& shape, int output_axis, Random& random) {
    Signals layer{.shape = shape, .output_axis = output_axis};
    const auto fill = [&](std::int64_t count, bool is_positive) {
        std::vector<float> values;
        for (std::int64_t i = 0; i < count; ++i) {
            const float value = static_cast<float>(1 + random.below(40)) / 8;
            values.push_back(!is_positive && random.below(2) == 0 ? -value : value);
        }
        return values;
    };
    const std::int64_t count = element_count(shape);
    layer.weight = fill(count, false);
    layer.gradient = fill(count, false);
    layer.squared_gradient = fill(count, true);
    layer.initial_weight = fill(count, false);
    layer.hessian_gradient = fill(count, false);
    layer.movement = fill(count, false);
    layer.flow = fill(count, true);
    layer.input_norm = fill(shape[output_axis == 0 ? 1 : 0], true);
    layer.batch_norm_scale = fill(shape[output_axis == 0 ? 0 : 1], false);
    return layer;
}

Request request_of(const std::vector<Signals>& layers) {
    Request request;
    for (const Signals& layer : layers) {
        request.weights.push_back({.name = "w" + std::to_string(request.weights.size()),
                                   .shape = layer.shape,
                                   .weight = layer.weight,
                                   .gradient = layer.gradient,
                                   .squared_gradient = layer.squared_gradient,
                                   .initial_weight = layer.initial_weight,
                                   .hessian_gradient = layer.hessian_gradient,
                                   .movement = layer.movement,
                                   .input_norm = layer.input_norm,
                                   .batch_norm_scale = layer.batch_norm_scale,
                                   .flow = layer.flow,
                                   .macs_per_element = static_cast<double>(1 + request.weights.size() * 3),
                                   .output_axis = layer.output_axis});
    }
    return request;
}

/// One to three layers, fully connected or convolutions; even numbers of outputs and inputs, for heads.
std::vector<Signals> any_network() {
    std::vector<Signals> layers;
    const auto count = *rc::gen::inRange(1, 4);
    Random random(*rc::gen::arbitrary<std::uint64_t>(), "network");
    for (int l = 0; l < count; ++l) {
        const std::int64_t first = 2 * *rc::gen::inRange(2, 6);
        const std::int64_t second = 2 * *rc::gen::inRange(2, 6);
        const bool is_convolution = *rc::gen::inRange(0, 3) == 0;
        const Shape shape = is_convolution ? Shape{first, second, 2, 2} : Shape{first, second};
        layers.push_back(make_layer(shape, is_convolution ? 0 : *rc::gen::inRange(0, 2), random));
    }
    return layers;
}

std::string any_granularity_text(const Granularity& granularity) {
    if (granularity.name == "N:M") return *rc::gen::element<std::string>("2:4", "1:4", "3:5", "1:2");
    if (granularity.name == "vector")
        return *rc::gen::element<std::string>("vector 1x2", "vector 1x3", "vector 3x1");
    if (granularity.name == "block")
        return *rc::gen::element<std::string>("block 4x1", "block 2x3", "block 3x3");
    if (granularity.name == "head") return *rc::gen::element<std::string>("head 2", "head 2 inputs");
    return std::string(granularity.name);
}

void set_scope(Request& request, const Scope& scope) {
    request.scope = std::string(scope.name);
    const double share = *rc::gen::inRange(0, 20) / 20.0;
    request.target.sparsity = share;
    if (scope.name == "explicit") {
        for (const Candidate& candidate : request.weights) request.layer_targets[candidate.name] = share;
    }
    if (scope.name == "sensitivity") {
        for (const Candidate& candidate : request.weights) {
            const double slope = *rc::gen::inRange(1, 5);
            request.sensitivity[candidate.name] = {{0, 1}, {0.5, 1 + slope}, {0.96, 1 + 4 * slope}};
        }
    }
    if (*rc::gen::inRange(0, 3) == 0) {  // an own share where scopes take one
        const double own = *rc::gen::inRange(0, 10) / 10.0;
        if (scope.own_targets) request.layer_targets["w0"] = own;
    }
}

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
    const bool is_divided =
        request.scope == "erk" || request.scope == "sensitivity" || request.scope == "lamp";
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

/// The plan, or nothing where the request is refused for a reason that the documentation gives.
std::optional<Plan> plan_or_refusal(const Request& request) {
    try {
        return plan(request);
    } catch (const InvalidArgument& error) {
        const std::string what = error.what();
        const bool is_documented =
            what.find("scope \"lamp\" divides squares") != std::string::npos ||
            what.find("cannot have a target of its own: granularity") != std::string::npos ||
            what.find("the sensitivity tables go far enough") != std::string::npos;
        if (!is_documented) RC_FAIL(what);
        return std::nullopt;
    }
}

class Properties : public ::testing::Test {
  protected:
    // One seed, so that a failure is there again; RC_PARAMS="max_success=500" searches further, elsewhere.
    static void SetUpTestSuite() { ::setenv("RC_PARAMS", "seed=1 max_success=10", 0); }
};

TEST_F(Properties, EveryCriterionInEveryGranularityAndScope) {
    int combinations = 0;
    for (const Criterion* criterion : criteria()) {
        for (const Granularity* granularity : granularities()) {
            for (const Scope* scope : scopes()) {
                ++combinations;
                const std::string name = std::string(criterion->name) + ", " +
                                         std::string(granularity->name) + ", " + std::string(scope->name);
                const bool holds = rc::check(name, [&] {
                    const std::vector<Signals> layers = any_network();
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

/// Weights and signals as they are in a network whose weights are 4 times as large: for a loss that does not
/// change, gradients are a quarter. The scores of each of these criteria all change by one factor.
void scale(Signals& layer) {
    const auto times = [](std::vector<float>& values, float factor) {
        for (float& value : values) value *= factor;
    };
    times(layer.weight, 4);
    times(layer.initial_weight, 4);
    times(layer.gradient, 0.25F);
    times(layer.squared_gradient, 0.0625F);
    times(layer.hessian_gradient, 0.25F);
    times(layer.flow, 0.25F);
    times(layer.input_norm, 2);  // of their own factor
    times(layer.batch_norm_scale, 8);
    times(layer.movement, 2);
}

TEST_F(Properties, ScaledNetworksHaveTheSameMask) {
    for (const Criterion* criterion : criteria()) {
        for (const Granularity* granularity : granularities()) {
            for (const Scope* scope : scopes()) {
                const std::string name = std::string(criterion->name) + ", " +
                                         std::string(granularity->name) + ", " + std::string(scope->name);
                EXPECT_TRUE(rc::check(name, [&] {
                    std::vector<Signals> layers = any_network();
                    Request request = request_of(layers);
                    request.criterion = std::string(criterion->name);
                    request.granularity = any_granularity_text(*granularity);
                    request.unit_norm = *rc::gen::element<std::string>("l1", "l2", "mean", "max");
                    set_scope(request, *scope);
                    const std::optional<Plan> before = plan_or_refusal(request);
                    if (!before) return;
                    for (Signals& layer : layers) scale(layer);
                    Request scaled = request;
                    scaled.weights = request_of(layers).weights;
                    RC_ASSERT(plan(scaled).masks == before->masks);
                })) << name;
            }
        }
    }
}

/// The network with its outputs in another order, and with scores that differ, so that no tie decides.
TEST_F(Properties, PermutedOutputsHaveAPermutedMask) {
    for (const Criterion* criterion : criteria()) {
        if (criterion->name == "random") continue;  // by position, and meant to be
        for (const std::string granularity :
             {"element", "filter", "vector 1x2", "2:4", "channel", "kernel"}) {
            for (const std::string scope : {"global", "layer-wise", "erk", "lamp", "output-wise"}) {
                EXPECT_TRUE(rc::check(std::string(criterion->name) + ", " + granularity + ", " + scope, [&] {
                    constexpr std::int64_t kOutputs = 6;
                    constexpr std::int64_t kInputs = 8;
                    Random random(*rc::gen::arbitrary<std::uint64_t>(), "network");
                    std::vector<Signals> layers = {make_layer({kOutputs, kInputs}, 0, random),
                                                   make_layer({8, 6}, 0, random)};
                    for (Signals& layer : layers) {
                        for (auto* values : {&layer.weight, &layer.gradient, &layer.squared_gradient,
                                             &layer.initial_weight, &layer.hessian_gradient, &layer.movement,
                                             &layer.flow, &layer.batch_norm_scale}) {
                            for (float& value : *values) value = random.normal();
                        }
                    }
                    // All weights of an output share its gamma; and of an even number of single weights the
                    // two in the middle are equally far from the others.
                    const bool is_single =
                        granularity != "filter" && granularity != "channel" && granularity != "vector 1x2";
                    const bool many_tie =
                        (criterion->name == "batch-norm-scale" && granularity != "filter") ||
                        (criterion->name == "fpgm" && is_single);
                    if (many_tie) return;
                    Request request = request_of(layers);
                    request.criterion = std::string(criterion->name);
                    request.granularity = granularity;
                    request.scope = scope;
                    request.target.sparsity = *rc::gen::inRange(1, 10) / 10.0;
                    const std::optional<Plan> before = plan_or_refusal(request);
                    if (!before) return;

                    const std::vector<std::uint32_t> order = random_permutation(kOutputs, random);
                    std::vector<Signals> permuted = layers;
                    const auto permute = [&](std::vector<float> Signals::*field, std::int64_t width) {
                        for (std::int64_t o = 0; o < kOutputs; ++o) {
                            std::copy_n(
                                (layers[0].*field).begin() + order[static_cast<std::size_t>(o)] * width,
                                width, (permuted[0].*field).begin() + o * width);
                        }
                    };
                    for (const auto field : {&Signals::weight, &Signals::gradient, &Signals::squared_gradient,
                                             &Signals::initial_weight, &Signals::hessian_gradient,
                                             &Signals::movement, &Signals::flow}) {
                        permute(field, kInputs);
                    }
                    permute(&Signals::batch_norm_scale, 1);
                    Request other = request;
                    other.weights = request_of(permuted).weights;
                    const Plan after = plan(other);
                    RC_ASSERT(after.masks.at("w1") == before->masks.at("w1"));
                    for (std::int64_t o = 0; o < kOutputs; ++o) {
                        for (std::int64_t i = 0; i < kInputs; ++i) {
                            RC_ASSERT(
                                after.masks.at("w0")[o * kInputs + i] ==
                                before->masks.at("w0")[order[static_cast<std::size_t>(o)] * kInputs + i]);
                        }
                    }
                }));
            }
        }
    }
}

}  // namespace
}  // namespace espalier::prune
