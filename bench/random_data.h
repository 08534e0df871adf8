// What the training benchmarks share: random examples, masks by magnitude, medians.
#pragma once

#include <algorithm>
#include <vector>

#include "base/random.h"
#include "espalier/data.h"
#include "espalier/prune.h"
#include "espalier/surgery.h"

namespace espalier::bench {

inline data::Examples random_examples(std::int64_t count, Random& random, const Shape& shape = {1, 28, 28}) {
    Tensor images(DType::u8, {count, shape[0], shape[1], shape[2]});
    std::vector<std::int32_t> labels(static_cast<std::size_t>(count));
    for (auto& byte : images.as<std::uint8_t>()) byte = static_cast<std::uint8_t>(random.below(256));
    for (auto& label : labels) label = static_cast<std::int32_t>(random.below(10));
    return {std::move(images), labels};
}

/// `count` colour pictures of 32x32 to train on, and one each to judge by.
inline data::Dataset random_pictures(std::int64_t count) {
    Random random(1, "bench");
    const Shape shape{3, 32, 32};
    return {.name = "random",
            .train = random_examples(count, random, shape),
            .validation = random_examples(1, random, shape),
            .test = random_examples(1, random, shape),
            .normalization = {{0.5F, 0.5F, 0.5F}, {0.25F, 0.25F, 0.25F}},
            .classes = 10};
}

/// Layer by layer the share `left` of the weights, by magnitude.
inline prune::MaskSet masks_with(const Graph& graph, double left) {
    prune::Request request;
    request.weights = surgery::candidates(graph, graph.initializers);
    request.scope = "layer-wise";
    request.target.sparsity = 1 - left;
    return prune::plan(request).masks;
}

inline double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace espalier::bench
