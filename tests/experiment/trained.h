// Built-in networks as a training might have left them.
#pragma once

#include "base/random.h"
#include "espalier/graph.h"

namespace espalier::test {

/// Normalisations that do something, biases: what starts as all the same.
inline Graph trained(Graph graph) {
    for (auto& [name, tensor] : graph.initializers) {
        if (tensor.dtype() != DType::f32 || tensor.rank() != 1) continue;
        Random random(3, name);
        for (float& value : tensor.f32()) value = 0.5F + random.uniform();
    }
    return graph;
}

}  // namespace espalier::test
