// What a graph computes, by the definition of its operators, in double precision: what every lowering is
// checked against. Nothing here is shared with the runtime.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::test {

struct Plain {
    Shape shape;
    std::vector<double> values;
};

/// Every value of the graph by name.
std::map<std::string, Plain> run_plainly(const Graph& graph, const NamedTensors& inputs);

/// Same shape, and each element within `tolerance` relative to the largest magnitude expected.
void expect_near(const Tensor& got, const Plain& expected, double tolerance);

}  // namespace espalier::test
