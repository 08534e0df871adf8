// SynFlow on chains of fully connected layers, against R computed by multiplying matrices.
#include "support.h"

namespace espalier::prune {
namespace {

/// R = 1' |W_L| ... |W_1| 1 in double, with one weight left out (or none: layer = -1).
double synaptic_flow(const std::vector<Layer>& layers, const MaskSet* masks, int without_layer = -1,
                     std::size_t without = 0) {
    std::vector<double> x(static_cast<std::size_t>(layers[0].shape[1]), 1.0);
    for (std::size_t l = 0; l < layers.size(); ++l) {
        const auto outputs = static_cast<std::size_t>(layers[l].shape[0]);
        std::vector<double> y(outputs);
        for (std::size_t o = 0; o < outputs; ++o) {
            for (std::size_t i = 0; i < x.size(); ++i) {
                const std::size_t at = o * x.size() + i;
                if (masks != nullptr && !masks->at(layers[l].name)[static_cast<std::int64_t>(at)]) continue;
                if (static_cast<int>(l) == without_layer && at == without) continue;
                y[o] += std::abs(static_cast<double>(layers[l].weight[at])) * x[i];
            }
        }
        x = y;
    }
    double sum = 0;
    for (const double value : x) sum += value;
    return sum;
}

std::vector<Layer> chain() { return network({{"a", {4, 3}}, {"b", {5, 4}}, {"c", {2, 5}}}); }

TEST(ChainFlow, ScoreIsTheShareOfRThatIsLostWithoutTheWeight) {
    const std::vector<Layer> layers = chain();
    MaskSet masks;
    for (const Layer& layer : layers) masks.insert(layer.name, Mask(layer.shape));
    Mask holes({5, 4});
    holes.set(3, false);
    holes.set(10, false);
    masks.insert("b", holes);

    Request request = request_for(layers);
    const auto flow = chain_flow(request.weights, &masks);
    const double whole = synaptic_flow(layers, &masks);
    for (std::size_t l = 0; l < layers.size(); ++l) {
        request.weights[l].signals["flow"] = flow[l];
        const Mask& mask = masks.at(layers[l].name);
        const std::vector<float> scores = scores_of(request.weights[l], "synflow", "element", "l1", &mask);
        double sum = 0;
        for (std::size_t i = 0; i < scores.size(); ++i) {
            if (!mask[static_cast<std::int64_t>(i)]) continue;
            // R is linear in every single weight, so the difference is exact.
            const double lost = whole - synaptic_flow(layers, &masks, static_cast<int>(l), i);
            EXPECT_NEAR(scores[i], lost / whole, 1e-6) << layers[l].name << " " << i;
            sum += static_cast<double>(scores[i]);
        }
        EXPECT_NEAR(sum, 1, 1e-6) << "every layer carries all of R";
    }
}

TEST(ChainFlow, DoesNotOverflowInDepth) {
    std::vector<std::pair<std::string, Shape>> shapes;
    for (int l = 0; l < 400; ++l) shapes.emplace_back("w" + std::to_string(l), Shape{16, 16});
    const std::vector<Layer> layers = network(shapes);
    const Request request = request_for(layers);
    for (const auto& flow : chain_flow(request.weights, nullptr)) {
        for (const float value : flow) ASSERT_TRUE(std::isfinite(value) && value >= 0);
    }
}

TEST(ChainFlow, ReadsWeightsWithInputsFirst) {
    const std::vector<Layer> layers = chain();
    Request request = request_for(layers);
    const auto expected = chain_flow(request.weights, nullptr);
    std::vector<float> turned(20);
    for (std::size_t o = 0; o < 5; ++o) {
        for (std::size_t i = 0; i < 4; ++i) turned[i * 5 + o] = layers[1].weight[o * 4 + i];
    }
    request.weights[1] = {.name = "b", .shape = {4, 5}, .weight = turned, .output_axis = 1};
    const auto flow = chain_flow(request.weights, nullptr);
    EXPECT_EQ(flow[0], expected[0]);
    for (std::size_t o = 0; o < 5; ++o) {
        for (std::size_t i = 0; i < 4; ++i) EXPECT_FLOAT_EQ(flow[1][i * 5 + o], expected[1][o * 4 + i]);
    }
}

TEST(ChainFlow, RefusesWhatIsNoChain) {
    const std::vector<Layer> broken = network({{"a", {4, 3}}, {"b", {5, 3}}});
    expect_refused([&] { chain_flow(request_for(broken).weights, nullptr); },
                   "\"a\" has 4 outputs, but \"b\" behind it 3 inputs");
    const std::vector<Layer> convolution = network({{"a", {4, 3, 3, 3}}});
    expect_refused([&] { chain_flow(request_for(convolution).weights, nullptr); },
                   "is not a fully connected layer");
    expect_refused([&] { chain_flow({}, nullptr); }, "nothing to prune");
}

TEST(PlanInRounds, SynFlowEmptiesNoLayerWhereOneShotDoes) {
    // A narrow first layer: its weights carry much each, but a wide one behind it is far from them in one
    // shot.
    const std::vector<Layer> layers = network({{"a", {40, 30}}, {"b", {40, 40}}, {"c", {2, 40}}});
    Request request = request_for(layers);
    request.criterion = "synflow";
    request.floor = 0;
    std::vector<std::vector<float>> flow;
    int calls = 0;
    const auto refresh = [&](Request& current) {
        ++calls;
        flow = chain_flow(current.weights, current.current);
        for (std::size_t l = 0; l < flow.size(); ++l) current.weights[l].signals["flow"] = flow[l];
    };
    const Plan result = plan_in_rounds(request, {.rounds = 100, .sparsity = 0.98}, refresh);
    EXPECT_EQ(calls, 100);
    EXPECT_EQ(result.masks.kept(), result.masks.count() - static_cast<std::int64_t>(0.98 * 2880));
    for (const auto& [name, mask] : result.masks) EXPECT_GT(mask.kept(), 0) << name;
    EXPECT_GT(synaptic_flow(layers, &result.masks), 0) << "a path is left from input to output";
}

}  // namespace
}  // namespace espalier::prune
