#include "graph/computation/channel_affine.h"

#include <algorithm>
#include <cmath>

namespace espalier {

void ChannelAffine::fold_into(std::span<float> weights, std::span<float> bias) const {
    const std::size_t each = weights.size() / scale.size();
    for (std::size_t o = 0; o < scale.size(); ++o) {
        for (float& weight : weights.subspan(o * each, each)) weight *= scale[o];
        bias[o] = bias[o] * scale[o] + shift[o];
    }
}

bool is_constant_from(const Node& node, std::size_t first, const Graph& graph) {
    return std::all_of(node.inputs.begin() + static_cast<std::ptrdiff_t>(std::min(first, node.inputs.size())),
                       node.inputs.end(), [&](const std::string& input) {
                           return input.empty() || graph.initializers.contains(input);
                       });
}

ChannelAffine channel_affine(const Node& norm, const Graph& graph) {
    const auto values = [&](std::size_t input) { return graph.initializers.at(norm.inputs[input]).f32(); };
    const auto gamma = values(1);
    const auto beta = values(2);
    const auto mean = values(3);
    const auto variance = values(4);
    const double epsilon = norm.attribute_float("epsilon", 1e-5F);
    ChannelAffine affine;
    for (std::size_t c = 0; c < gamma.size(); ++c) {
        const double scale = gamma[c] / std::sqrt(variance[c] + epsilon);
        affine.scale.push_back(static_cast<float>(scale));
        affine.shift.push_back(static_cast<float>(beta[c] - mean[c] * scale));
    }
    return affine;
}

}  // namespace espalier
