// How ScatterElements and ScatterND put updates into what is there.
#pragma once

#include "graph/computation/scatter.h"
#include "train/executor/op.h"

namespace espalier::train {

/// x with `updates` at `places` along `axis`, joined with what is there as the node's `reduction` says.
inline at::Tensor scattered(const Node& node, const at::Tensor& x, std::int64_t axis,
                            const at::Tensor& places, const at::Tensor& updates) {
    switch (scatter_reduction(node)) {
        case ScatterReduction::add:
            return at::scatter_add(x, axis, places, updates);
        case ScatterReduction::mul:
            return at::scatter_reduce(x, axis, places, updates, "prod");
        case ScatterReduction::max:
            return at::scatter_reduce(x, axis, places, updates, "amax");
        case ScatterReduction::min:
            return at::scatter_reduce(x, axis, places, updates, "amin");
        case ScatterReduction::none:
            break;
    }
    return at::scatter(x, axis, places, updates);
}

}  // namespace espalier::train
