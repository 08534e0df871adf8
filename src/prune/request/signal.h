// What a criterion may read besides the weight. One file in signals/ each says what it is; how it is taken of
// a network, a file in train/signals.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/table.h"
#include "prune/criterion.h"

namespace espalier::prune {

struct Signal {
    std::string_view name;
    std::string_view summary;
    std::string_view noun;  // in messages: "squared gradient"
    /// How many numbers a weight has.
    enum class Count : std::uint8_t {
        elements,  // as many as the weight
        inputs,    // one an input, or one a column: input channel, then position in the kernel
        outputs
    } count = Count::elements;
};

/// The files of prune/signals.
const Table<Signal>& signals();

/// Of a weight of this layout; for `inputs` the smaller number.
std::int64_t values_of(const Signal& signal, const Layout& layout);

/// Throws InvalidArgument unless the candidate brings what the criterion needs, in the right number.
void check_signals(const Criterion& criterion, const Candidate& candidate, const Layout& layout);

}  // namespace espalier::prune
