// What a permutation of the public interface is worth, in the words that recipes use too.
#pragma once

#include "espalier/experiment.h"
#include "surgery/permutation/permutation.h"

namespace espalier::experiment {

surgery::OrderGain gain_of(const Permutation& order);

}  // namespace espalier::experiment
