#include "graph/analysis/folding.h"

namespace espalier {
namespace {

constexpr std::int64_t kSmall = 1 << 16;  // elements that may come out of nothing

// A weight may pass a Transpose, a Reshape and a Cast before a layer reads it.
constexpr std::int64_t kTimesTheGraph = 4;
constexpr std::int64_t kBesides = 1 << 22;

/// Of all of them; -1 if a dimension is open.
double elements_of(std::span<const ValueType> values) {
    double all = 0;
    for (const ValueType& value : values) {
        double count = 1;
        for (const Dim& dim : value.dims) {
            if (!dim.is_fixed()) return -1;
            count *= static_cast<double>(dim.size());
        }
        all += count;
    }
    return all;
}

}  // namespace

FoldingBudget::FoldingBudget(const Weights& constants) : left_(kBesides) {
    for (const auto& [name, tensor] : constants) left_ += kTimesTheGraph * tensor.count();
}

bool FoldingBudget::take(std::span<const Tensor* const> inputs, std::span<const ValueType> outputs) {
    std::int64_t read = 0;
    for (const Tensor* input : inputs) {
        if (input != nullptr) read += input->count();
    }
    const double made = elements_of(outputs);
    if (made < 0) return read <= kSmall;
    if (made > static_cast<double>(read + kSmall) || made > static_cast<double>(left_)) return false;
    left_ -= static_cast<std::int64_t>(made);
    return true;
}

}  // namespace espalier
