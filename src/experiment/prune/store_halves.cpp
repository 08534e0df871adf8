#include "experiment/prune/store_halves.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "graph/fresh_names.h"
#include "tensor/convert.h"

namespace espalier::experiment {
namespace {

constexpr std::int64_t kLeastElements = 64;  // elements: below that a Cast is larger than what it saves
constexpr float kLargestHalf = 65504;        // the largest of f16
constexpr float kLeastWhole =
    1.0F / (1 << 14);  // the least with all of its bits: what is smaller, beside one as large, loses no more
constexpr std::int64_t kOnnxF32 = 1;  // as ONNX numbers it

float largest_of(const Tensor& tensor) {
    float largest = 0;
    for (const float value : tensor.f32()) {
        if (!std::isfinite(value)) return std::numeric_limits<float>::infinity();
        largest = std::max(largest, std::abs(value));
    }
    return largest;
}

bool fits(float largest) { return largest == 0 || (largest <= kLargestHalf && largest >= kLeastWhole); }

double change_of(const Tensor& before, const Tensor& after, float largest) {
    double change = 0;
    for (std::int64_t i = 0; i < before.count(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        change = std::max(change, std::abs(static_cast<double>(before.f32()[at]) - after.f32()[at]));
    }
    return largest > 0 ? change / static_cast<double>(largest) : 0;
}

/// What bytes count in: a scale of 1e-6 beside one of 0.1 would lose its digits.
std::set<std::string> quantisation_scales(const Graph& graph) {
    std::set<std::string> scales;
    for (const Node& node : graph.nodes) {
        if (node.op.find("Quantize") == std::string::npos && node.op.find("QLinear") == std::string::npos)
            continue;
        scales.insert(node.inputs.begin(), node.inputs.end());
    }
    return scales;
}

}  // namespace

StoredHalves store_as_halves(Graph& graph) {
    StoredHalves stored;
    FreshNames names(graph);
    std::vector<Node> casts;
    Weights halves;
    const std::set<std::string> scales = quantisation_scales(graph);
    for (const auto& [name, tensor] : graph.initializers) {
        if (tensor.dtype() != DType::f32 || tensor.count() < kLeastElements || scales.contains(name))
            continue;
        const float largest = largest_of(tensor);
        if (!fits(largest)) {
            ++stored.kept;
            continue;
        }
        Tensor half = converted(tensor, DType::f16);
        stored.largest_change =
            std::max(stored.largest_change, change_of(tensor, converted(half, DType::f32), largest));
        ++stored.tensors;
        const std::string own = names.fresh(name + ".f16");
        casts.push_back({.name = own + ".cast",
                         .op = "Cast",
                         .inputs = {own},
                         .outputs = {name},
                         .attributes = {{"to", kOnnxF32}}});
        halves.emplace(own, std::move(half));
    }
    for (const Node& cast : casts) graph.initializers.erase(cast.outputs[0]);
    graph.initializers.merge(halves);
    graph.nodes.insert(graph.nodes.begin(), casts.begin(), casts.end());
    return stored;
}

}  // namespace espalier::experiment
