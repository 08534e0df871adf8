// Coupling of operators that only move elements, found by moving positions: no rule by hand.
#pragma once

#include <optional>
#include <vector>

#include "graph/coupling/coupling.h"

namespace espalier {

/// For every element of an output, the element of an input that it is.
struct Movement {
    std::size_t input = 0, output = 0;
    Shape from, to;
    std::vector<std::int64_t> sources;  // positions in the input, -1: none of it
};

/// Runs the node on positions. Inputs `moved` are replaced by them; others must be constant, `constants`
/// holds them, else nothing is found.
std::vector<Movement> movements_of(const Node& node, const std::vector<std::optional<Shape>>& inputs,
                                   const std::vector<const Tensor*>& constants, std::size_t moved);

/// An axis on the other side, and for each of its indices the indices of the first axis that it holds parts
/// of: where these are several, they go together.
struct MovedAxis {
    OperandAxis axis;
    std::vector<std::vector<std::int64_t>> holds;
};

/// Where slices along `axis` (of the input, or with `is_output` of the output) come to lie: along the axis of
/// the other side that keeps most of them apart, of equals the first; of a last axis that is divided the
/// first part, which are heads. Nothing if there is none.
std::optional<MovedAxis> follow(const Movement& movement, const OperandAxis& axis);

}  // namespace espalier
