// What MaxPool and AveragePool share: oneDNN's pooling, and plain loops for the forms it does not offer.
#pragma once

#include <vector>

#include "runtime/lowering.h"

namespace espalier::runtime {

enum class Pool : unsigned char { max, mean, mean_with_padding };

std::vector<Candidate> pooling(const LoweringContext& site, Pool kind);

/// Of whole images to one position, in layouts other than row-major.
std::vector<Candidate> pooling_of_all(const LoweringContext& site, Pool kind);

}  // namespace espalier::runtime
