// One node as a test case, of values of any type: what the runtime's fast form makes of it against the plain
// computation of its operator, which the ONNX project's cases test.
#pragma once

#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::test {

struct EvaluatedCase {
    std::string name;
    Node node;
    NamedTensors inputs = {};
    Weights constants = {};
    double tolerance = 0;  // relative to the largest magnitude expected
};

/// Its node alone; inputs have fixed shapes.
Graph graph_of(const EvaluatedCase& test);

std::vector<EvaluatedCase> comparison_cases();
std::vector<EvaluatedCase> function_cases();
std::vector<EvaluatedCase> reduction_cases();
std::vector<EvaluatedCase> recurrent_cases();
std::vector<EvaluatedCase> conversion_cases();  // of quantised numbers and halves
std::vector<EvaluatedCase> tree_cases();
std::vector<EvaluatedCase> evaluated_cases();  // all of them

}  // namespace espalier::test
