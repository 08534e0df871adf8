// Targets as an array holds them -> as Examples keep them.
#pragma once

#include <span>

#include "data/arrays.h"

namespace espalier::data {

/// Integers are classes, counted from 0: one an example ([n] or [n, 1]), or one at every position of it ([n,
/// ...]); `ignore` are the values of those that stand for none. Floating point is numbers. Throws BadData for
/// other types, classes out of range, numbers that are not finite and examples without a target.
Tensor targets_of(const NamedArray& from, std::span<const std::int64_t> ignore);

/// One more than the greatest class of training targets; 0 for numbers. Throws BadData for classes, one an
/// example, that do not count from 0.
std::int64_t count_classes(const Tensor& targets, const std::string& where);

}  // namespace espalier::data
