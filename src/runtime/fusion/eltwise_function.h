// What can be computed behind an operation, on each element of its output, without another pass over memory.
#pragma once

#include <cstddef>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <vector>

#include "espalier/graph.h"

namespace espalier::runtime {

/// An element-wise function; `alpha` and `beta` as oneDNN's documentation of it says.
struct Function {
    dnnl::algorithm algorithm = dnnl::algorithm::undef;
    float alpha = 0, beta = 0;
};

/// One step behind an operation: a function of each element, or the sum with a value of the same shape.
struct PostOperation {
    Function function = {};
    std::optional<std::size_t> added = {};  // the operand of the step that is added

    bool is_relu() const {
        return !added && function.algorithm == dnnl::algorithm::eltwise_relu && function.alpha == 0;
    }
};

/// The functions, one after the other, that `node` is of its one varying input `x`; none if it is another
/// computation. `node` has the shape of `x`.
std::vector<Function> functions_of(const Node& node, const std::string& x, const Graph& graph);

/// Of an Add, Sub, Mul or Div of `x` and one number: x -> alpha * x + beta.
std::vector<Function> linear_function(const Node& node, const Graph& graph);

}  // namespace espalier::runtime
