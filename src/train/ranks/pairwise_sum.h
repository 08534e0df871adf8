// The sum of vectors in a fixed order, whoever adds which part of them:
//   s(0..n) in rounds: neighbours in pairs, then pairs of pairs; one without a neighbour goes on alone
// Eight vectors give ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)): two processes that sum four each, and one
// that adds their sums, round as one process does.
#pragma once

#include <cstdint>
#include <vector>

namespace espalier::train {

/// Takes the vectors one after another and holds no more than log2(n) + 1 of them.
class PairwiseSum {
  public:
    /// All of the same length.
    void add(std::vector<float> values);
    /// The sum of all, at least one, that were added since the last take().
    std::vector<float> take();

  private:
    struct Part {
        std::vector<float> values;
        int height;  // sums 2^height vectors
    };
    void merge();

    std::vector<Part> parts_;
};

/// Whether `shards` can be divided among `ranks` so that each one's sum is one of the rounds' own: one rank
/// takes any number, several take 1, 2, 4, ... each.
bool divides_evenly(std::int64_t shards, int ranks);

}  // namespace espalier::train
