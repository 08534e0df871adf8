// Multiply-adds of a network as they are shown: counted, at which shapes, and what could not be counted.
#pragma once

#include <string>
#include <vector>

#include "espalier/graph.h"
#include "surgery/layers.h"

namespace espalier::experiment {

struct Work {
    double macs = 0, nonzero_macs = 0;  // of the nodes of which they are known
    int uncounted = 0;                  // nodes of which they are not
    std::string counted_at;             // "1x3x224x224"
    std::string open;                   // dimensions beside the batch: "H and W of input \"x\" (Nx3xHxW)"
    std::string hint;                   // how they would be given: "--shape x=1x3xHxW"
};

/// For one example; `layers` are those of `graph`.
Work work_of(const Graph& graph, const std::vector<surgery::LayerInfo>& layers);

/// 118013952 -> "118.0 M"; "–" for 0, "?" for what is not known.
std::string short_count(double value);
/// "12.5 %"; "–" of nothing.
std::string share_of(double part, double whole);
/// "multiply-adds (MACs) for one example at 1x3x224x224: 83.3 M, 41.2 M with weights that are not zero (49.5
/// %)", then what is not known, and what helps; "" for a network without products.
std::string to_text(const Work& work);
/// Why some are not known, and what helps; "" if all are.
std::string uncounted_text(const Work& work);

}  // namespace espalier::experiment
