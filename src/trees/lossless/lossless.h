// Passes that change no output by a bit, for any input.
#pragma once

#include "graph/trees/ensemble.h"

namespace espalier::trees {

struct LosslessResult {
    std::int64_t decided = 0;  // tests whose outcome the tests above them tell: a branch is never taken
    std::int64_t equal = 0;    // splits whose two sides are the same
    std::int64_t shared = 0;   // nodes that stand in the file once in place of several times
};

/// Takes out tests that cannot go both ways: x[f] <= 3 below x[f] <= 2. NaN is followed, too.
std::int64_t remove_decided(Ensemble& ensemble);
/// Puts one side in place of a split where both are the same, from the leaves up.
std::int64_t merge_equal(Ensemble& ensemble);
/// Lets equal subtrees of a tree be one, where they are the `yes` side of a test: ONNX Runtime wants every
/// `no` side behind its test. Nodes are then shared; without_sharing() undoes it.
std::int64_t share_equal(Ensemble& ensemble);

/// All three.
LosslessResult simplify(Ensemble& ensemble);

}  // namespace espalier::trees
