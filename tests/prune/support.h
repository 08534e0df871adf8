// Small networks and plain references for the tests of pruning.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "espalier/error.h"
#include "espalier/prune.h"
#include "prune/ranking/unit_scores.h"
#include "prune/units/granularity.h"

namespace espalier::prune {

struct Layer {
    std::string name;
    Shape shape;
    std::vector<float> weight;
};

inline std::vector<float> normal_values(std::int64_t count, std::uint64_t seed) {
    Random random(seed, "weights");
    std::vector<float> out(static_cast<std::size_t>(count));
    for (float& value : out) value = random.normal();
    return out;
}

inline std::vector<Layer> network(const std::vector<std::pair<std::string, Shape>>& shapes) {
    std::vector<Layer> layers;
    for (const auto& [name, shape] : shapes) {
        layers.push_back({name, shape, normal_values(element_count(shape), layers.size())});
    }
    return layers;
}

inline std::vector<Layer> lenet() {
    return network({{"fc1.weight", {300, 784}}, {"fc2.weight", {100, 300}}, {"fc3.weight", {10, 100}}});
}

inline Request request_for(const std::vector<Layer>& layers) {
    Request request;
    for (const Layer& layer : layers) {
        request.weights.push_back({.name = layer.name, .shape = layer.shape, .weight = layer.weight});
    }
    return request;
}

/// Runs `call` and expects an InvalidArgument of one line that contains `why`.
template <class Call>
void expect_refused(Call call, const std::string& why) {
    try {
        call();
        ADD_FAILURE() << "expected a refusal: " << why;
    } catch (const InvalidArgument& error) {
        const std::string what = error.what();
        EXPECT_NE(what.find(why), std::string::npos) << what;
        EXPECT_EQ(what.find('\n'), std::string::npos) << what;
    }
}

inline void expect_plan_refused(const Request& request, const std::string& why) {
    expect_refused([&] { plan(request); }, why);
}

/// Scores of all units of one weight.
inline std::vector<float> scores_of(const Candidate& candidate, const std::string& criterion,
                                    const std::string& granularity = "element",
                                    const std::string& norm = "l1", const Mask* current = nullptr,
                                    std::uint64_t seed = 0) {
    const Grain grain = parse_grain(granularity);
    const Layout layout = layout_of(candidate);
    const Tile tile = grain.granularity.tile(grain.arguments, candidate, layout);
    const UnitScores units({candidate, layout, seed, current}, criteria().get(criterion),
                           unit_norms().get(norm), tile, 1);
    std::vector<float> scores(static_cast<std::size_t>(units.units()));
    for (std::int64_t first = 0; first < units.units(); first += units.chunk()) {
        const auto count = static_cast<std::size_t>(std::min(units.chunk(), units.units() - first));
        units.score(first, std::span(scores).subspan(static_cast<std::size_t>(first), count));
    }
    return scores;
}

/// Output, input and kernel position of each weight, by the definition of row-major order.
struct Place {
    std::int64_t output, input, position;
};
inline std::vector<Place> places_of(const Candidate& candidate) {
    const Shape& shape = candidate.shape;
    const std::int64_t first = shape.empty() ? 1 : shape[0];
    const std::int64_t second = shape.size() < 2 ? 1 : shape[1];
    const std::int64_t kernel = element_count(shape) / first / second;
    std::vector<Place> places;
    for (std::int64_t a = 0; a < first; ++a) {
        for (std::int64_t b = 0; b < second; ++b) {
            for (std::int64_t k = 0; k < kernel; ++k) {
                places.push_back(candidate.output_axis == 0 ? Place{a, b, k} : Place{b, a, k});
            }
        }
    }
    return places;
}

/// For each weight the number of its unit, units numbered in the order in which memory first meets them.
inline std::vector<std::int64_t> units_by_definition(const Candidate& candidate,
                                                     const std::string& granularity) {
    const Grain grain = parse_grain(granularity);
    const std::string name(grain.granularity.name);
    const std::vector<Place> places = places_of(candidate);
    std::int64_t kernel = 0;
    std::int64_t outputs = 0;
    std::int64_t inputs = 0;
    for (const Place& place : places) {
        kernel = std::max(kernel, place.position + 1);
        outputs = std::max(outputs, place.output + 1);
        inputs = std::max(inputs, place.input + 1);
    }
    const auto key_of = [&](const Place& p) -> std::pair<std::int64_t, std::int64_t> {
        if (name == "element") return {p.output, p.input * kernel + p.position};
        const bool apart =
            candidate.output_axis == 1 && kernel > 1;  // outputs lie a kernel apart: one a unit
        if ((name == "vector" || name == "block") && apart)
            return {p.output, p.position * inputs + p.input / grain.arguments.b};
        if (name == "vector" || name == "block") {
            return {p.output / grain.arguments.a, (p.input * kernel + p.position) / grain.arguments.b};
        }
        if (name == "kernel") return {p.output, p.input};
        if (name == "channel") return {0, p.input};
        if (name == "filter") return {p.output, 0};
        if (name == "head" && grain.arguments.word == "inputs")
            return {0, p.input / (inputs / grain.arguments.a)};
        if (name == "head") return {p.output / (outputs / grain.arguments.a), 0};
        return {0, 0};  // layer
    };
    std::vector<std::int64_t> numbers(places.size(), -1);  // by key
    std::vector<std::int64_t> units;
    std::int64_t next = 0;
    for (const Place& place : places) {
        const auto [a, b] = key_of(place);
        std::int64_t& number = numbers[static_cast<std::size_t>(a * inputs * kernel + b)];
        if (number < 0) number = next++;
        units.push_back(number);
    }
    return units;
}

}  // namespace espalier::prune
