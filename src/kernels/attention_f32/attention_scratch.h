// The memory of a thread that computes attention_f32: a block of scores, then keys and values in strips.
#pragma once

#include <algorithm>

#include "kernels/attention_f32/attention_f32.h"

namespace espalier::kernels {

constexpr std::int64_t kMostStrip = 32;  // columns, of any instruction set
constexpr std::int64_t kRowsOfTile = 6;
constexpr std::int64_t kMostBlock = 48;  // queries
constexpr std::int64_t kFewQueries = 3;  // for which keys are read where they lie

struct AttentionScratch {
    explicit AttentionScratch(const Attention& attention) {
        const auto rounded = [](std::int64_t count) {
            return (count + kMostStrip - 1) / kMostStrip * kMostStrip;
        };
        constexpr std::int64_t kScores = 6144;  // 24 KB of an L1 cache
        direct = attention.queries <= kFewQueries && attention.key.column_step == 1 &&
                 attention.query.column_step == 1;
        room = rounded(attention.keys);
        block = std::clamp(kScores / room / kRowsOfTile * kRowsOfTile, kRowsOfTile, kMostBlock);
        // A tile of a last strip is written whole.
        scores = std::min(block, (attention.queries + kRowsOfTile - 1) / kRowsOfTile * kRowsOfTile) * room;
        keys = direct ? 0 : attention.depth * room;
        values = direct ? 0 : attention.keys * rounded(attention.columns);
    }

    std::int64_t floats() const { return scores + keys + values; }

    bool direct;         // keys and values are read where they lie
    std::int64_t room;   // of a row of scores
    std::int64_t block;  // queries whose scores are there at once
    std::int64_t scores, keys, values;
};

}  // namespace espalier::kernels
