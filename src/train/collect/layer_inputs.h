// What layers read: for each of these weights the values of every input, over examples and positions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "train/collect/signals.h"

namespace espalier::train {

/// Of one layer: `inputs` rows of as many samples each.
struct LayerInputs {
    std::int64_t inputs = 0;
    std::vector<float> values;

    std::span<const float> row(std::int64_t input) const {
        const std::size_t samples = values.size() / static_cast<std::size_t>(inputs);
        return std::span(values).subspan(static_cast<std::size_t>(input) * samples, samples);
    }
};

/// By the weight of a convolution without groups or a product whose input axis is an axis of the stored
/// tensor; others are left out. Over the request's batches, in evaluation mode; of large images some
/// positions, the same ones of every example. LibTorch's exceptions are translated.
std::map<std::string, LayerInputs> layer_inputs(const SignalRequest& request);

/// Pearson's correlation of two rows; 0 where one of them does not vary.
double correlation(std::span<const float> a, std::span<const float> b);

}  // namespace espalier::train
