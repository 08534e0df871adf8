// The parameters that no cut reaches, and why: a share of the prunable weights says nothing of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::surgery {

struct ParameterCount {
    std::string kind;  // "bias", "normalisation", "embedding", ...
    std::int64_t count = 0;
    bool operator==(const ParameterCount&) const = default;
};

/// Elements of all initialisers but the weights named in `prunable`, of any type, by what the first node that
/// reads them (behind nodes that only move or convert them) does with them; the most first, ties by name.
std::vector<ParameterCount> not_prunable(const Graph& graph, const std::vector<std::string>& prunable);
/// The same of the constants of a file that `graph` was read from: their sum and that of `prunable` is the
/// file's.
std::vector<ParameterCount> not_prunable(const Graph& graph, const std::vector<std::string>& prunable,
                                         const ConstantSizes& constants);

/// "132,512 parameters are not prunable: 131,072 embedding, 1,440 bias"; "" for none.
std::string describe(const std::vector<ParameterCount>& counts);
/// "20.0 % of 177,152 prunable weights left; 132,512 parameters are not prunable: ..."
std::string weights_left(std::int64_t left, std::int64_t prunable, const std::vector<ParameterCount>& others);
std::int64_t sum_of(const std::vector<ParameterCount>& counts);

}  // namespace espalier::surgery
