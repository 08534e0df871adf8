// Hidden units of LSTM, GRU and RNN (computation/recurrent.h): what goes of one gate goes of all, in both
// directions.
#pragma once

#include "graph/coupling/coupling.h"

namespace espalier {

void couple_recurrent(Coupling& coupling);
/// hidden_size becomes what is left.
void shrink_recurrent(Shrinking& shrinking);

}  // namespace espalier
