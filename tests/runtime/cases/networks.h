// Small networks and inputs for the runtime's tests.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "espalier/graph.h"
#include "graph/builder.h"

namespace espalier::test {

inline Tensor random_tensor(Shape shape, const std::string& purpose) {
    Tensor tensor(DType::f32, std::move(shape));
    Random random(7, purpose);
    for (float& value : tensor.f32()) value = 2.0F * random.uniform() - 1.0F;
    return tensor;
}

/// Sets all but `density` of the values to zero, at random places.
inline void sparsify(Tensor& tensor, double density, const std::string& purpose) {
    Random random(11, purpose);
    for (float& value : tensor.f32()) {
        if (random.uniform() >= static_cast<float>(density)) value = 0.0F;
    }
}

/// Fully connected layers of these widths, ReLU between them, a softmax at the end; input "x" [N, widths[0]].
inline Graph perceptron(const std::vector<std::int64_t>& widths, double density = 1.0) {
    GraphBuilder builder("perceptron", 3);
    std::string value = builder.input("x", {Dim("N"), Dim(widths.front())});
    for (std::size_t i = 1; i < widths.size(); ++i) {
        const std::string name = "fc" + std::to_string(i);
        value = builder.linear(name, value, widths[i - 1], widths[i]);
        if (i + 1 < widths.size()) value = builder.relu("relu" + std::to_string(i), value);
    }
    builder.output(builder.softmax("softmax", value));
    Graph graph = std::move(builder).finish();
    for (auto& [name, tensor] : graph.initializers) {
        if (tensor.rank() == 2) {
            sparsify(tensor, density, name);
        } else {
            tensor = random_tensor(tensor.shape(), name);
        }
    }
    return graph;
}

}  // namespace espalier::test
