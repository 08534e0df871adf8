// What a mask must not depend on: the scale of a network, and the order of its units.
#include "any_network.h"

namespace espalier::prune {
namespace {

class Symmetry : public Properties {};

/// Weights and signals as they are in a network whose weights are 4 times as large: for a loss that does not
/// change, gradients are a quarter. The scores of each of these criteria all change by one factor.
void scale(AnyLayer& layer) {
    const auto times = [](std::vector<float>& values, float factor) {
        for (float& value : values) value *= factor;
    };
    times(layer.weight, 4);
    times(layer.initial_weight, 4);
    times(layer.gradient, 0.25F);
    times(layer.squared_gradient, 0.0625F);
    times(layer.hessian_gradient, 0.25F);
    times(layer.flow, 0.25F);
    times(layer.input_norm, 4);  // of their own factor, whose root is exact
    times(layer.input_sum, 4);
    times(layer.output_sum, 4);
    times(layer.batch_norm_scale, 8);
    times(layer.movement, 2);
}

TEST_F(Symmetry, ScaledNetworksHaveTheSameMask) {
    for (const Criterion* criterion : criteria()) {
        if (criterion->name == "weight-and-gradient") continue;  // the one grows by what the other shrinks
        for (const Granularity* granularity : granularities()) {
            for (const Scope* scope : scopes()) {
                const std::string name = std::string(criterion->name) + ", " +
                                         std::string(granularity->name) + ", " + std::string(scope->name);
                EXPECT_TRUE(rc::check(name, [&] {
                    std::vector<AnyLayer> layers = any_network();
                    Request request = request_of(layers);
                    request.criterion = std::string(criterion->name);
                    request.granularity = any_granularity_text(*granularity);
                    request.unit_norm = *rc::gen::element<std::string>("l1", "l2", "mean", "max");
                    set_scope(request, *scope);
                    const std::optional<Plan> before = plan_or_refusal(request);
                    if (!before) return;
                    for (AnyLayer& layer : layers) scale(layer);
                    Request scaled = request;
                    scaled.weights = request_of(layers).weights;
                    RC_ASSERT(plan(scaled).masks == before->masks);
                })) << name;
            }
        }
    }
}

/// The network with its outputs in another order, and with scores that differ, so that no tie decides.
TEST_F(Symmetry, PermutedOutputsHaveAPermutedMask) {
    for (const Criterion* criterion : criteria()) {
        if (criterion->name == "random") continue;  // by position, and meant to be
        for (const std::string granularity :
             {"element", "filter", "vector 1x2", "2:4", "channel", "kernel"}) {
            for (const std::string scope : {"global", "layer-wise", "erk", "lamp", "output-wise"}) {
                EXPECT_TRUE(rc::check(std::string(criterion->name) + ", " + granularity + ", " + scope, [&] {
                    constexpr std::int64_t kOutputs = 6;
                    constexpr std::int64_t kInputs = 8;
                    Random random(*rc::gen::arbitrary<std::uint64_t>(), "network");
                    std::vector<AnyLayer> layers = {make_layer({kOutputs, kInputs}, 0, random),
                                                    make_layer({8, 6}, 0, random)};
                    for (AnyLayer& layer : layers) {
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
                    std::vector<AnyLayer> permuted = layers;
                    const auto permute = [&](std::vector<float> AnyLayer::*field, std::int64_t width) {
                        for (std::int64_t o = 0; o < kOutputs; ++o) {
                            std::copy_n(
                                (layers[0].*field).begin() + order[static_cast<std::size_t>(o)] * width,
                                width, (permuted[0].*field).begin() + o * width);
                        }
                    };
                    for (const auto field :
                         {&AnyLayer::weight, &AnyLayer::gradient, &AnyLayer::squared_gradient,
                          &AnyLayer::initial_weight, &AnyLayer::hessian_gradient, &AnyLayer::movement,
                          &AnyLayer::flow}) {
                        permute(field, kInputs);
                    }
                    permute(&AnyLayer::batch_norm_scale, 1);
                    permute(&AnyLayer::output_sum, 1);
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
