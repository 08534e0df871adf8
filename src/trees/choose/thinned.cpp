#include "trees/method.h"

namespace espalier::trees {

std::vector<double> thinned(std::vector<double> amounts, std::size_t most) {
    if (amounts.size() <= most) return amounts;
    std::vector<double> kept;
    for (std::size_t i = 0; i < most; ++i) kept.push_back(amounts[i * (amounts.size() - 1) / (most - 1)]);
    return kept;
}

}  // namespace espalier::trees
