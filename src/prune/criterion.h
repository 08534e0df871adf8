// How it is chosen: a criterion gives every weight a score; what scores least goes first.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/table.h"
#include "espalier/prune.h"

namespace espalier::prune {

struct Criterion {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;  // of the score of one weight
    std::string_view source;   // the paper
    /// Scores of the weights first, first + 1, ... in the order of memory. What it reads is there and has the
    /// right size. Pure: any range, on any thread.
    void (*score)(const Candidate& weight, std::uint64_t seed, std::int64_t first,
                  std::span<float> scores) = nullptr;
};

/// The files of prune/criteria.
const Table<Criterion>& criteria();

}  // namespace espalier::prune
