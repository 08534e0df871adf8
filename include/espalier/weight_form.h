// How a weight's tensor is read as matrices of outputs and inputs, where its own shape does not say so: what
// the graph finds and pruning goes by.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "espalier/tensor.h"

namespace espalier {

struct WeightForm {
    /// [outputs, inputs, kernel...] or [inputs, outputs, kernel...]; empty: the tensor's own shape.
    Shape shape = {};
    /// The tensor's elements are those of a tensor of `memory` whose dimension order[i] is dimension i of
    /// what makes `shape`; both empty: elements lie as in `shape`.
    Shape memory = {};
    std::vector<std::size_t> order = {};
    /// The first dimension is so many equal groups, each with inputs (or, where inputs come first, outputs)
    /// of its own: of a grouped convolution, of a stack of matrices.
    std::int64_t groups = 1;
    /// Equal parts of the first dimension that are matrices of their own, as the gates of an LSTM: their
    /// names, in order. Empty: one matrix.
    std::vector<std::string> parts = {};

    bool operator==(const WeightForm&) const = default;
};

}  // namespace espalier
