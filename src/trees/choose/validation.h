// How much to prune, by rows that the statistics have not seen.
#pragma once

#include <functional>
#include <optional>

#include "trees/method.h"

namespace espalier::trees {

/// What an ensemble errs on rows: the share of wrong classes, or the mean squared error; and its standard
/// error over the rows.
struct Loss {
    double mean = 0;
    double standard_error = 0;
};
Loss loss_of(const Ensemble& ensemble, const Examples& examples);

struct Trial {
    double amount = 0;
    Loss loss;
    std::int64_t nodes = 0;  // of what the amount leaves, by all rows
};

struct Validated {
    std::vector<Trial> trials;
    std::size_t least = 0;   // the trial with the least loss
    std::size_t chosen = 0;  // the last one within one standard error of it
};

/// Tries the amounts on each of `folds` parts of the examples, drawn by `seed`, with statistics of the
/// others, and chooses by the one standard error rule: the one that prunes most of those whose loss is at
/// most the least one plus its standard error (Breiman et al. 1984, section 3.4.3).
///
/// Trees are not grown again, so their tests have seen every row. Where each tree predicts by itself, its
/// leaves are fitted again to the other parts (one without rows takes what is above it), which takes away
/// most of that advantage; of boosted trees it stays, and then they are pruned too little rather than too
/// much.
Validated validate(const Method& method, const Ensemble& ensemble, const Examples& examples,
                   std::optional<Impurity> impurity, int folds, std::uint64_t seed,
                   const std::function<void(double share)>& progress = {});

/// The same on held-out rows, as they are, in place of folds.
Validated validate(const Method& method, const Grown& grown, const Evidence& evidence,
                   const Examples& validation);

/// Lets leaves say what `examples` say: of trees that predict. Values of inner nodes follow.
void fit_leaves(Grown& grown, const Examples& examples);

}  // namespace espalier::trees
