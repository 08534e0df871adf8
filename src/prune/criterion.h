// How it is chosen: a criterion gives every weight or unit a score; what scores least goes first.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/read_key.h"
#include "base/table.h"
#include "espalier/prune.h"
#include "prune/request/signals_mode.h"
#include "prune/units/matrix_view.h"
#include "prune/units/tiling.h"

namespace espalier::prune {

/// What a criterion sees of one weight.
struct Scored {
    const Candidate& candidate;
    Layout layout;
    std::uint64_t seed = 0;
    const Mask* current = nullptr;  // nullptr: nothing is pruned yet
};

struct Criterion {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;                      // of the score of one weight
    std::string_view source;                       // the paper
    std::span<const std::string_view> needs = {};  // names of signals
    /// In which mode the network runs for them, as the paper has it.
    SignalsMode signals_mode = SignalsMode::unset;
    /// The outputs are divided by it before the loss is taken.
    double temperature = 1;
    /// Scores may be negative: what is cut first is then not what matters least in size, but what helps
    /// least.
    bool is_signed = false;
    /// Unit norm that the criterion's definition fixes, whatever the request says; "" for none.
    std::string_view norm = "";

    // One of the two. Both are pure: any range, on any thread. What they read is there and has the right
    // size.
    /// Scores of the weights first, first + 1, ... in the order of memory.
    void (*score)(const Scored& scored, std::int64_t first, std::span<float> scores) = nullptr;
    /// Scores of the units first, first + 1, ... of a tiling, where a unit's score is not made of its
    /// weights'.
    void (*score_units)(const Scored& scored, const Tiling& tiling, std::int64_t first,
                        std::span<float> scores) = nullptr;
    /// score_units costs so much that it is asked once a unit and the answers are kept.
    bool costly = false;
    /// Raised when the same inputs come to other masks than before: it names the stages of a run.
    int revision = 1;
    std::span<const ReadKey> reads = {};
};

/// The files of prune/criteria.
const Table<Criterion>& criteria();

}  // namespace espalier::prune
