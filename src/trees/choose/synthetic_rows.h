// More rows where there are few: trees that are to do what other trees do need rows between the given ones.
#pragma once

#include <functional>

#include "trees/grown/examples.h"

namespace espalier::trees {

/// The given rows and `copies` times as many behind them, drawn by `seed`. A made row is a given one whose
/// columns, each with a chance of one half, are drawn around those of its nearest neighbour (columns over
/// their deviation): normal, as wide as the two are apart. Targets are those of the row it was made from.
/// MUNGE of Bucila, Caruana, Niculescu-Mizil: Model compression. KDD 2006.
///
/// A column without a number (NaN) in either row is the one or the other. Takes time in the square of the
/// rows; `pause` is called for each of them.
Examples with_synthetic_rows(const Examples& examples, int copies, std::uint64_t seed,
                             const std::function<void()>& pause = {});

}  // namespace espalier::trees
