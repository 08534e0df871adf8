// The one-pass selection against sorting everything, on distributions that take each of its paths: a guess
// that hits, one that misses, more ties than fit, few units, unequal units, unequal costs, masks, any number
// of threads.
#include <hwy/targets.h>

#include <functional>
#include <numeric>

#include "prune/ranking/ranking_simd.h"
#include "support.h"

namespace espalier::prune {
namespace {

using Filler = std::function<float(std::size_t layer, std::size_t index, Random& random)>;

struct Network {
    Network(const std::vector<Shape>& shapes, const Filler& fill) {
        for (std::size_t l = 0; l < shapes.size(); ++l) {
            Random random(l, "values");
            std::vector<float> values(static_cast<std::size_t>(element_count(shapes[l])));
            for (std::size_t i = 0; i < values.size(); ++i) values[i] = fill(l, i, random);
            layers.push_back({"w" + std::to_string(l), shapes[l], std::move(values)});
        }
    }
    std::vector<Layer> layers;
};

struct Ranked {
    float score;
    std::size_t layer;
    std::int64_t unit;
    std::int64_t size;
};

/// What plan() promises, in the plainest way: all units in one list, sorted, cut while they fit.
std::vector<std::vector<float>> plan_by_sorting(const Request& request, double budget, bool in_macs) {
    std::vector<Ranked> ranking;
    std::vector<std::vector<std::int64_t>> units;
    std::vector<std::vector<float>> kept;
    for (std::size_t l = 0; l < request.weights.size(); ++l) {
        const Candidate& candidate = request.weights[l];
        const Mask* mask = nullptr;
        if (request.current != nullptr && request.current->contains(candidate.name)) {
            mask = &request.current->at(candidate.name);
        }
        kept.push_back(mask != nullptr ? mask->to_floats() : std::vector<float>(candidate.weight.size(), 1));
        units.push_back(units_by_definition(candidate, request.granularity));
        const std::vector<float> scores = scores_of(candidate, request.criterion, request.granularity,
                                                    request.unit_norm, mask, request.seed);
        std::vector<std::int64_t> sizes(scores.size());
        for (std::size_t i = 0; i < kept[l].size(); ++i) {
            if (kept[l][i] == 1) ++sizes[static_cast<std::size_t>(units[l][i])];
        }
        for (std::size_t u = 0; u < scores.size(); ++u) {
            if (sizes[u] > 0) ranking.push_back({scores[u], l, static_cast<std::int64_t>(u), sizes[u]});
        }
    }
    std::ranges::sort(ranking, [](const Ranked& a, const Ranked& b) {
        if (a.score != b.score) return a.score < b.score;
        return std::pair(a.layer, a.unit) > std::pair(b.layer, b.unit);
    });
    std::vector<std::vector<bool>> gone;
    for (const auto& some : units) gone.emplace_back(some.size());
    for (const Ranked& unit : ranking) {
        const double cost = in_macs ? request.weights[unit.layer].macs_per_element : 1;
        if (static_cast<double>(unit.size) * cost > budget) break;
        budget -= static_cast<double>(unit.size) * cost;
        gone[unit.layer][static_cast<std::size_t>(unit.unit)] = true;
    }
    for (std::size_t l = 0; l < kept.size(); ++l) {
        for (std::size_t i = 0; i < kept[l].size(); ++i) {
            if (gone[l][static_cast<std::size_t>(units[l][i])]) kept[l][i] = 0;
        }
    }
    return kept;
}

void expect_as_sorted(Request request, const std::string& what) {
    request.floor = 0;
    double count = 0;
    double left = 0;
    const bool in_macs = request.target.macs.has_value();
    for (const Candidate& candidate : request.weights) {
        const double cost = in_macs ? candidate.macs_per_element : 1;
        const auto own = static_cast<double>(candidate.weight.size());
        const bool has_mask = request.current != nullptr && request.current->contains(candidate.name);
        count += own * cost;
        left += (has_mask ? static_cast<double>(request.current->at(candidate.name).kept()) : own) * cost;
    }
    double budget = 0;
    if (request.target.sparsity)
        budget = std::floor(*request.target.sparsity * count + 1e-6) - (count - left);
    if (request.target.macs) budget = left - *request.target.macs * count + 1e-6;
    const auto expected = plan_by_sorting(request, std::max(0.0, budget), in_macs);
    for (const int threads : {1, 3}) {
        request.threads = threads;
        const Plan result = plan(request);
        for (std::size_t l = 0; l < request.weights.size(); ++l) {
            const std::vector<float> kept = result.masks.at(request.weights[l].name).to_floats();
            const auto same = std::ranges::mismatch(kept, expected[l]);
            ASSERT_EQ(same.in1, kept.end()) << what << ", " << threads << " threads: weight " << l
                                            << " differs first at " << same.in1 - kept.begin();
            EXPECT_EQ(result.layers[l].kept, std::accumulate(kept.begin(), kept.end(), 0.0)) << what;
        }
    }
}

/// Large enough that a sample guesses: more than 2^17 units.
const std::vector<Shape> kLarge = {{300, 700}, {1000}, {257, 65, 3, 3}};

float normal(std::size_t, std::size_t, Random& random) { return random.normal(); }

TEST(Selection, OfWeights) {
    const std::map<std::string, Filler> fillers = {
        {"normal", normal},
        {"uniform", [](auto, auto, Random& r) { return r.uniform() - 0.5F; }},
        {"one value", [](auto, auto, auto&) { return 0.5F; }},
        {"zeros of both signs", [](auto, std::size_t i, auto&) { return i % 3 == 0 ? -0.0F : 0.0F; }},
        {"three values", [](auto, auto, Random& r) { return static_cast<float>(r.below(3)); }},
        {"many ties", [](auto, auto, Random& r) { return std::round(r.normal() * 50); }},
        {"mostly zero", [](auto, auto, Random& r) { return r.below(20) == 0 ? r.normal() : 0.0F; }},
        {"ascending", [](auto, std::size_t i, auto&) { return static_cast<float>(i); }},
        {"descending", [](auto, std::size_t i, auto&) { return 1e6F - static_cast<float>(i); }},
        {"in runs", [](auto, std::size_t i, auto&) { return static_cast<float>(i / 4000 * 7919 % 101); }},
        {"all scales",
         [](auto, auto, Random& r) { return std::ldexp(r.normal(), static_cast<int>(r.below(200)) - 140); }},
        {"denormal", [](auto, auto, Random& r) { return r.uniform() * 1e-39F; }},
        {"one layer far below",
         [](std::size_t l, auto, Random& r) { return r.normal() * (l == 2 ? 1e-3F : 1.0F); }},
    };
    for (const auto& [name, fill] : fillers) {
        const Network network(kLarge, fill);
        Request request = request_for(network.layers);
        for (const double sparsity : {0.00001, 0.37, 0.9, 0.99999}) {
            request.target.sparsity = sparsity;
            expect_as_sorted(request, name + " at " + std::to_string(sparsity));
        }
    }
}

TEST(Selection, OfNegativeScores) {
    const Network network(kLarge, normal);
    Request request = request_for(network.layers);
    for (Candidate& candidate : request.weights) candidate.signals["movement"] = candidate.weight;
    request.criterion = "movement";
    for (const double sparsity : {0.1, 0.5, 0.95}) {
        request.target.sparsity = sparsity;
        expect_as_sorted(request, "movement");
    }
    const Network ties(kLarge, [](auto, auto, Random& r) { return std::round(r.normal()); });
    for (std::size_t l = 0; l < ties.layers.size(); ++l)
        request.weights[l].signals["movement"] = ties.layers[l].weight;
    for (const double sparsity : {0.1, 0.5, 0.95}) {
        request.target.sparsity = sparsity;
        expect_as_sorted(request, "movement with ties");
    }
}

TEST(Selection, OfRandomScores) {
    const Network network(kLarge, normal);
    Request request = request_for(network.layers);
    request.criterion = "random";
    request.seed = 3;
    request.target.sparsity = 0.8;
    expect_as_sorted(request, "random");
}

TEST(Selection, WithMasks) {
    for (const std::string granularity : {"element", "block 4x1", "block 3x2", "filter"}) {
        const Network network(kLarge, normal);
        Request request = request_for(network.layers);
        request.weights.erase(request.weights.begin() + 1);  // a vector has no blocks
        request.granularity = granularity;
        MaskSet current;
        double sparsity = 0;
        for (int round = 0; round < 3; ++round) {
            sparsity = 1 - (1 - sparsity) * 0.6;
            request.target.sparsity = sparsity;
            expect_as_sorted(request, granularity + " in round " + std::to_string(round));
            current = plan(request).masks;
            request.current = &current;
        }
        // Units that are partly gone: single weights first, then the granularity.
        request.current = nullptr;
        request.granularity = "element";
        request.target.sparsity = 0.5;
        const MaskSet holes = plan(request).masks;
        request.current = &holes;
        request.granularity = granularity;
        request.target.sparsity = 0.8;
        expect_as_sorted(request, granularity + " of what is left in parts");
    }
}

TEST(Selection, WhatIsGoneMayHoldAnything) {
    Network network({{600, 500}}, normal);
    network.layers[0].weight[1234] = std::numeric_limits<float>::quiet_NaN();
    network.layers[0].weight[1235] = std::numeric_limits<float>::infinity();
    for (const std::string granularity : {"element", "block 2x3", "filter"}) {
        Request request = request_for(network.layers);
        request.granularity = granularity;
        MaskSet current;
        Mask mask({600, 500});
        mask.set(1234, false);
        mask.set(1235, false);
        current.insert("w0", mask);
        request.current = &current;
        request.target.sparsity = 0.7;
        expect_as_sorted(request, granularity);
    }
}

TEST(Selection, OfUnitsOfAllSizes) {
    const std::vector<Shape> shapes = {{401, 603}, {129, 33, 3, 3}};
    const Network network(shapes, normal);
    const Network ties(shapes, [](auto, auto, Random& r) { return std::round(r.normal() * 2); });
    for (const std::string granularity :
         {"vector 1x2", "vector 3x1", "block 4x4", "block 1x7", "kernel", "channel", "filter", "layer"}) {
        for (const std::string norm : {"l1", "l2", "mean", "max"}) {
            for (const Network* each : {&network, &ties}) {
                Request request = request_for(each->layers);
                request.granularity = granularity;
                request.unit_norm = norm;
                request.target.sparsity = 0.77;
                expect_as_sorted(request, granularity + " by " + norm);
            }
        }
    }
}

TEST(Selection, OfMultiplyAdds) {
    const Network network(kLarge, normal);
    Request request = request_for(network.layers);
    request.weights[0].macs_per_element = 1;
    request.weights[1].macs_per_element = 7;
    request.weights[2].macs_per_element = 1024;  // the sample's guess misses: it counts units
    for (const double macs : {0.05, 0.3, 0.9}) {
        request.target = {.macs = macs};
        expect_as_sorted(request, "macs " + std::to_string(macs));
    }
    request.weights[2].macs_per_element = 0.3;  // no whole numbers
    request.target = {.macs = 0.3};
    expect_as_sorted(request, "macs of broken numbers");
}

TEST(Selection, FloorsAfterAOnePassCut) {
    Network network(kLarge, normal);
    for (float& value : network.layers[0].weight) value *= 1e-6F;
    Request request = request_for(network.layers);
    request.floor = 500;
    request.target.sparsity = 0.7;
    const Plan result = plan(request);
    std::int64_t count = 0;
    for (const LayerPlan& layer : result.layers) count += layer.count;
    EXPECT_EQ(result.layers[0].kept, 500);
    EXPECT_EQ(result.masks.count(), count);
    EXPECT_EQ(result.masks.kept(), count - static_cast<std::int64_t>(0.7 * static_cast<double>(count)));
    // The best 500 stay.
    std::vector<float> sizes;
    for (const float value : network.layers[0].weight) sizes.push_back(std::abs(value));
    std::ranges::sort(sizes, std::greater());
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const bool stays = result.masks.at("w0")[static_cast<std::int64_t>(i)];
        EXPECT_EQ(stays, std::abs(network.layers[0].weight[i]) >= sizes[499]);
    }
}

TEST(Selection, RefusesWhatIsNotFiniteAnywhere) {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity()}) {
        for (const std::size_t at : {std::size_t{0}, std::size_t{100001}, std::size_t{209999}}) {
            Network network(kLarge, normal);
            network.layers[0].weight[at] = bad;
            Request request = request_for(network.layers);
            request.target.sparsity = 0.5;
            const std::string kind = std::isnan(bad) ? "NaN" : "infinite";
            expect_plan_refused(request, "\"w0\" is " + kind + " at position " + std::to_string(at));
            request.criterion = "movement";
            for (Candidate& candidate : request.weights) candidate.signals["movement"] = candidate.weight;
            expect_plan_refused(request, "the movement score of \"w0\" is " + kind);
            MaskSet current;
            current.insert("w0", Mask(kLarge[0]));
            request.current = &current;
            expect_plan_refused(request, "the movement score of \"w0\" is " + kind);
            request.current = nullptr;
            request.weights.erase(request.weights.begin() + 1);
            request.granularity = "filter";
            expect_plan_refused(
                request, "the movement score of \"w0\" is " + kind + " at unit " + std::to_string(at / 700));
            request.granularity = "2:4";
            request.target = {};
            expect_plan_refused(request, "the movement score of \"w0\" is " + kind);
        }
    }
}

/// Runs `check` once for each instruction set of this machine.
void for_each_target(const std::function<void()>& check) {
    std::int64_t targets = hwy::SupportedTargets();
    int count = 0;
    while (targets != 0) {
        const std::int64_t target = targets & -targets;
        targets &= ~target;
        hwy::SetSupportedTargetsForTest(target);
        SCOPED_TRACE(hwy::TargetName(target));
        check();
        ++count;
    }
    EXPECT_GE(count, 1);
    hwy::SetSupportedTargetsForTest(0);
}

TEST(Simd, EveryInstructionSetAgreesWithPlainLoops) {
    for_each_target([] {
        for (std::size_t size : {0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 200, 2048}) {
            for (std::size_t offset : {0, 1, 3}) {
                std::vector<float> storage = normal_values(static_cast<std::int64_t>(size + offset), size);
                for (std::size_t i = 0; i < storage.size(); i += 5) storage[i] = 0.25F;
                const std::span<float> values = std::span(storage).subspan(offset);
                const std::size_t words = (size + 63) / 64;
                std::vector<std::uint64_t> greater(words, ~std::uint64_t{0});
                std::vector<std::uint64_t> not_less(words, ~std::uint64_t{0});
                std::vector<std::uint64_t> above(words, ~std::uint64_t{0});
                bits_greater(values, 0.25F, greater.data());
                EXPECT_TRUE(classify(values, 0.25F, 0.5F, false, not_less.data(), above.data(), nullptr));
                std::vector<std::uint64_t> expected(words), expected_not_less(words), expected_above(words);
                std::int64_t ones = 0;
                for (std::size_t i = 0; i < size; ++i) {
                    expected[i / 64] |= std::uint64_t{values[i] > 0.25F} << (i % 64);
                    expected_not_less[i / 64] |= std::uint64_t{values[i] >= 0.25F} << (i % 64);
                    expected_above[i / 64] |= std::uint64_t{values[i] > 0.5F} << (i % 64);
                    ones += values[i] > 0.25F ? 1 : 0;
                }
                EXPECT_EQ(greater, expected);
                EXPECT_EQ(not_less, expected_not_less);
                EXPECT_EQ(above, expected_above);
                EXPECT_EQ(count_ones(greater), ones);
                bits_not_less(values, 0.25F, greater.data());
                EXPECT_EQ(greater, expected_not_less);

                std::vector<float> sizes(size);
                absolute(values, sizes);
                for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(sizes[i], std::abs(values[i]));
                fill_where_zero(values, expected.data(), -7.0F);
                for (std::size_t i = 0; i < size; ++i)
                    EXPECT_EQ(values[i] == -7.0F, (expected[i / 64] >> (i % 64) & 1) == 0);
            }
        }
    });
}

TEST(Simd, EveryInstructionSetFindsWhatIsNotFinite) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    for_each_target([] {
        for (std::size_t size : {1, 16, 67, 300}) {
            std::vector<std::uint64_t> a(5), b(5);
            std::vector<float> values = normal_values(static_cast<std::int64_t>(size), 1);
            values[0] = std::numeric_limits<float>::max();
            EXPECT_TRUE(all_finite(values));
            for (std::size_t at = 0; at < size; at += 3) {
                for (const float bad : {std::nanf(""), kInfinity, -kInfinity}) {
                    const float before = std::exchange(values[at], bad);
                    EXPECT_FALSE(all_finite(values));
                    EXPECT_FALSE(classify(values, 0, 1, false, a.data(), b.data(), nullptr));
                    EXPECT_EQ(classify(values, 0, 1, true, a.data(), b.data(), nullptr), bad == -kInfinity);
                    values[at] = before;
                }
            }
        }
    });
}

TEST(Simd, EveryInstructionSetFindsTheBestOfGroups) {
    for_each_target([] {
        for (const std::int64_t m : {1, 2, 4, 8, 16}) {
            for (std::int64_t n = 1; n <= m; n += std::max<std::int64_t>(1, m / 3)) {
                std::vector<float> values = normal_values(m * 37, 9);
                for (float& value : values) value = std::round(value * 2);
                std::vector<std::uint64_t> bits((values.size() + 63) / 64 + 1);
                if (!bits_best_of_groups(values, n, m, bits.data())) continue;
                for (std::size_t i = 0; i < values.size(); ++i) {
                    const std::size_t first = i / static_cast<std::size_t>(m) * static_cast<std::size_t>(m);
                    std::int64_t beaten = 0;
                    for (std::size_t j = first; j < first + static_cast<std::size_t>(m); ++j) {
                        if (values[j] > values[i] || (values[j] == values[i] && j < i)) ++beaten;
                    }
                    EXPECT_EQ((bits[i / 64] >> (i % 64) & 1) != 0, beaten < n)
                        << n << ":" << m << " at " << i;
                }
            }
        }
    });
}

}  // namespace
}  // namespace espalier::prune
