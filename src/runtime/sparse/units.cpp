#include "runtime/sparse/units.h"

#include <fmt/format.h>

namespace espalier::runtime {

std::vector<int> units_of(const LayerWeights& weights, std::int64_t outputs) {
    constexpr int kBlock = 4;
    if (weights.nonzeros() == 0 || !weights.is_in_blocks(kBlock, outputs)) return {1};
    return {1, kBlock};
}

int largest_unit(const LayerWeights& weights) {
    for (const int unit : {16, 4}) {
        if (weights.nonzeros() > 0 && weights.is_in_blocks(unit, weights.outputs())) return unit;
    }
    return 1;
}

std::string sparse_name(const std::string& kernel, int unit, const std::string& instruction_set) {
    if (unit == 1) return fmt::format("{} {}", kernel, instruction_set);
    return fmt::format("{} {}x1 {}", kernel, unit, instruction_set);
}

}  // namespace espalier::runtime
