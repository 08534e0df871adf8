// What a training takes of memory beyond its activations.
#pragma once

#include <string>

namespace espalier::bench {

/// Greatest resident memory of a short training of a built-in network on 32x32 pictures by Adam, beyond what
/// the program has before and what grows with the batch: at 10 % of the weights over dense.
double memory_at_10_percent(const std::string& network);

}  // namespace espalier::bench
