// Networks, granularities and targets that RapidCheck makes up, for tests of what holds for all of them.
#pragma once

#include <rapidcheck.h>

#include <cstdlib>
#include <numeric>

#include "prune/request/weight_sums.h"
#include "prune/scope.h"
#include "support.h"

namespace espalier::prune {

/// Weights and all signals of one layer. Values are small multiples of 1/8, so that sums are exact and ties
/// happen.
struct AnyLayer {
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
    std::vector<float> input_sum = {}, output_sum = {};
};

inline AnyLayer make_layer(const Shape& shape, int output_axis, Random& random) {
    AnyLayer layer{.shape = shape, .output_axis = output_axis};
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
    const Candidate itself{.name = "w", .shape = shape, .weight = layer.weight, .output_axis = output_axis};
    layer.input_sum = input_sums(itself);
    layer.output_sum = output_sums(itself);
    return layer;
}

inline Request request_of(const std::vector<AnyLayer>& layers) {
    Request request;
    for (const AnyLayer& layer : layers) {
        request.weights.push_back({.name = "w" + std::to_string(request.weights.size()),
                                   .shape = layer.shape,
                                   .weight = layer.weight,
                                   .signals = {{"gradient", layer.gradient},
                                               {"squared-gradient", layer.squared_gradient},
                                               {"initial-weight", layer.initial_weight},
                                               {"hessian-gradient", layer.hessian_gradient},
                                               {"movement", layer.movement},
                                               {"input-norm", layer.input_norm},
                                               {"batch-norm-scale", layer.batch_norm_scale},
                                               {"flow", layer.flow},
                                               {"input-sum", layer.input_sum},
                                               {"output-sum", layer.output_sum}},
                                   .macs_per_element = static_cast<double>(1 + request.weights.size() * 3),
                                   .output_axis = layer.output_axis});
    }
    return request;
}

/// One to three layers, fully connected or convolutions; even numbers of outputs and inputs, for heads.
inline std::vector<AnyLayer> any_network() {
    std::vector<AnyLayer> layers;
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

inline std::string any_granularity_text(const Granularity& granularity) {
    if (granularity.name == "N:M") return *rc::gen::element<std::string>("2:4", "1:4", "3:5", "1:2");
    if (granularity.name == "vector")
        return *rc::gen::element<std::string>("vector 1x2", "vector 1x3", "vector 3x1");
    if (granularity.name == "block")
        return *rc::gen::element<std::string>("block 4x1", "block 2x3", "block 3x3");
    if (granularity.name == "head") return *rc::gen::element<std::string>("head 2", "head 2 inputs");
    return std::string(granularity.name);
}

inline void set_scope(Request& request, const Scope& scope) {
    request.scope = std::string(scope.name);
    const double share = *rc::gen::inRange(0, 20) / 20.0;
    request.target.sparsity = share;
    if (scope.name == "explicit") {
        for (const Candidate& candidate : request.weights) request.layer_targets[candidate.name] = share;
    }
    if (scope.name == "sensitivity" || scope.name == "by-time") {
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

/// The plan, or nothing where the request is refused for a reason that the documentation gives.
inline std::optional<Plan> plan_or_refusal(const Request& request) {
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

}  // namespace espalier::prune
