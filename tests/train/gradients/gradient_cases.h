// Operators with inputs at which gradients_test compares their gradients with central differences.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "train/libtorch/torch.h"

namespace espalier::train {

using Ints = std::vector<std::int64_t>;
using Attributes = std::map<std::string, Attribute>;

struct Case {
    std::string op;
    std::vector<Ints> shapes;  // of the inputs that have a gradient, in order
    Attributes attributes = {};
    std::vector<at::Tensor> constants = {};  // inputs behind them
    bool training = false;
    double shift = 0;                                // of the inputs, where a function wants positive ones
    double scale = 1;                                // of the inputs, where it wants small ones
    std::map<std::size_t, at::Tensor> between = {};  // inputs by their place, in front of others
    std::size_t outputs = 1;
};

std::vector<Case> layer_cases();
std::vector<Case> elementwise_cases();
std::vector<Case> moving_cases();

inline at::Tensor scalar(double value) { return at::scalar_tensor(value, at::kDouble); }
inline at::Tensor ints(const Ints& values) { return at::tensor(values); }
inline Attributes with(Attributes attributes, const char* key, Attribute value) {
    attributes.insert_or_assign(key, std::move(value));
    return attributes;
}

}  // namespace espalier::train
