// What every method leaves and errs, over its amounts: what a page of pruned trees shows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "espalier/experiment.h"
#include "trees/choose/validation.h"

namespace espalier::experiment {

struct MethodCurve {
    std::string method;
    std::string amount;          // what its amounts count
    trees::Validated validated;  // without trials where it cannot be
    std::string left_out;        // why it is not, ""
};

/// Of all trees::methods(): on `validation` where `folds` is 0, else by so many folds of the examples.
std::vector<MethodCurve> method_curves(const trees::Ensemble& ensemble, const trees::Examples& examples,
                                       const trees::Examples* validation,
                                       std::optional<trees::Impurity> impurity, int folds, std::uint64_t seed,
                                       const Watch& watch);

}  // namespace espalier::experiment
