// The equation of an Einsum, as "bij,bjk->bik" or "...ij,jk->...ik".
#pragma once

#include "graph/op.h"

namespace espalier {

/// Labels are numbered over the whole equation; those that "..." stands for come first.
struct EinsumForm {
    std::vector<std::vector<std::size_t>> inputs;  // of each dimension of each input
    std::vector<std::size_t> output;
    std::size_t labels = 0;

    /// For inputs of these ranks. Throws InvalidModel, naming the node, for an equation that does not fit
    /// them.
    static EinsumForm of(const Node& node, const std::vector<std::size_t>& ranks);
};

}  // namespace espalier
