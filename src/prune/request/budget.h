// Shares to whole numbers, by one rule for all of pruning.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "prune/scope.h"

namespace espalier::prune {

/// floor(share * count), where `share` is the decimal its writer meant: 0.29 of 100 is 29 although the double
/// nearest to 0.29 lies below it.
std::int64_t floor_share(double share, std::int64_t count);

/// How many of `left` weights, of `count` there were, go for a rate, a sparsity or a number of weights; 0 if
/// the target is met already.
std::int64_t weights_to_cut(const Target& target, std::int64_t count, std::int64_t left);

/// The budget of all layers together: weights, or multiply-adds for Target::macs.
Pool whole_budget(const std::vector<LayerBudget>& layers, const Target& target);

/// Pools of one layer each, from the weights that each should lose by some formula. With a target in weights
/// the whole numbers add up to `whole` exactly: each is rounded down, then the largest remainders get one
/// more.
std::vector<Pool> one_pool_each(const std::vector<LayerBudget>& layers, const std::vector<double>& cut,
                                const Pool& whole);

/// Pools of one layer each, where layer i keeps the share u + more[i] of its weights, within 0 and 1, with
/// one u for all that meets the target.
std::vector<Pool> pools_around(const std::vector<LayerBudget>& layers, const Target& target,
                               const std::vector<double>& more);

/// Solves for what each layer loses when a formula has one free parameter: `cut(t)` never falls as t goes
/// from 0 to 1, and its cost shall be that of `whole`. Where it jumps over it, all layers go the same part of
/// their jump.
std::vector<double> solve_cut(const std::vector<LayerBudget>& layers, const Pool& whole,
                              const std::function<std::vector<double>(double)>& cut);

}  // namespace espalier::prune
