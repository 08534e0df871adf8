// Repair of a network that structure was removed from, without labels: every layer gives again what it gave,
// as far as its inputs that are left allow.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "calibrate/batches.h"
#include "calibrate/input_norms.h"
#include "espalier/graph.h"

namespace espalier::calibrate {

enum class Repair : std::uint8_t {
    none,
    statistics,    // mean and deviation of every output, by its weights' scale and its bias
    least_squares  // min |X1 W + b - X0 W0 - b0|^2 + d |W - W1|^2, X0 and X1 the inputs before and now
};
/// "none", "statistics", "least-squares". Throws InvalidArgument.
Repair repair_of(std::string_view name);

struct Repaired {
    std::vector<std::string> weights;  // that were changed
    std::vector<std::string> notes;    // of those that could not be, and why
    double before = 0, after = 0;      // |y - y0| / |y0| of the network, without and with repair
};

/// `graph` is `dense` with slices of its tensors removed, and values as they were; weights have the same
/// names. Layers go in their order, each with inputs of what is repaired already. Layers in front of the
/// first removal stay as they are. Throws BadData and what running the networks throws.
Repaired repair(const Graph& dense, Graph& graph, Repair how, const Batches& batches, int threads,
                const Progress& progress = {});

}  // namespace espalier::calibrate
