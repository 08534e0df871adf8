// What is known of an integer value's elements before anything runs: the numbers and symbols of a shape that
// a network computes from the shapes of its inputs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier {

struct Element {
    std::optional<std::int64_t> number = {};
    std::string symbol = {};  // "" unless it stands for a dimension of that name

    static Element of(const Dim& dim) {
        if (dim.is_fixed()) return {.number = dim.size()};
        return {.symbol = dim.symbol()};
    }
    Dim dim() const { return number ? Dim(*number) : Dim(symbol); }
};

/// In row-major order, of a scalar or a vector.
using Elements = std::vector<Element>;

}  // namespace espalier
