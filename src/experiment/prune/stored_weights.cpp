#include "experiment/prune/stored_weights.h"

#include <fmt/format.h>

#include <cstring>

#include "espalier/error.h"
#include "graph/precision/halves.h"
#include "graph/precision/quantised.h"
#include "tensor/convert.h"

namespace espalier::experiment {
namespace {

/// `zeros[i]` in place of element i where that is cut.
void cut_integers(Tensor& tensor, const prune::Mask& mask, const std::vector<std::int64_t>& zeros) {
    const std::size_t size = size_of(tensor.dtype());
    for (std::size_t i = 0; i < zeros.size(); ++i) {
        if (mask[static_cast<std::int64_t>(i)]) continue;
        // Little-endian: the low bytes of a number are the number in fewer bits.
        std::memcpy(tensor.bytes().data() + i * size, &zeros[i], size);
    }
}

}  // namespace

bool is_real(const Graph& graph) { return !has_halves(graph) && quantised_weights(graph).empty(); }

Graph as_real(const Graph& stored) {
    Graph graph = stored;
    dequantise_weights(graph);
    if (has_halves(graph)) widen_halves(graph);
    return graph;
}

Tensor as_real(const Tensor& tensor) {
    return is_half(tensor.dtype()) ? converted(tensor, DType::f32) : tensor;
}

double rounding_of(const Graph& stored) {
    if (!quantised_weights(stored).empty()) return 2e-2;
    return has_halves(stored) ? 2e-3 : 1e-4;
}

surgery::StoredZeros stored_zeros(const Graph& stored, const std::set<std::string>& weights) {
    surgery::StoredZeros zeros;
    for (const QuantisedWeight& weight : quantised_weights(stored)) {
        zeros.scales.insert(weight.scale);
        if (weights.contains(weight.name)) zeros.zero_points[weight.name] = zero_points(stored, weight);
    }
    return zeros;
}

void cut_stored(Graph& stored, const prune::MaskSet& masks) {
    std::set<std::string> names;
    for (const auto& [name, mask] : masks) names.insert(name);
    const auto zeros = stored_zeros(stored, names).zero_points;
    for (const auto& [name, mask] : masks) {
        Tensor& tensor = stored.initializers.at(name);
        if (tensor.shape() != mask.shape())
            throw InternalError(fmt::format("\"{}\" is {} in the file, its mask {}", name,
                                            to_string(tensor.shape()), to_string(mask.shape())));
        if (tensor.dtype() == DType::f32) {
            mask.apply(tensor.f32());
        } else if (const auto found = zeros.find(name); found != zeros.end()) {
            cut_integers(tensor, mask, found->second);
        } else {  // halves: zero is no bits at all
            cut_integers(tensor, mask,
                         std::vector<std::int64_t>(static_cast<std::size_t>(tensor.count()), 0));
        }
    }
}

}  // namespace espalier::experiment
