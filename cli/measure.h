// Runs the exported tickets of a run in the sparse runtime and keeps what was measured in its store.
#pragma once

#include "espalier/recipe.h"
#include "espalier/store.h"

namespace espalier::cli {

/// For every ticket: accuracy on the test set, checked against the trainer's, and latency dense and as
/// chosen. Tickets that are measured already are left alone. Throws BadData if the runtime's accuracy is not
/// the trainer's.
void measure_tickets(const Recipe& recipe, store::Run& run);

}  // namespace espalier::cli
