// A graph of a few nodes as a test case, and what the runtime makes of it against run_plainly().
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::test {

/// Inputs have fixed shapes; the last node gives the output.
struct Case {
    std::string name;
    std::map<std::string, Shape> inputs;
    std::map<std::string, Shape> constants;
    std::vector<Node> nodes;
    Weights given = {};  // constants whose values matter
};

Node node(std::string op, std::vector<std::string> inputs, std::string output,
          std::map<std::string, Attribute> attributes = {});
inline Attribute integer(std::int64_t value) { return value; }
inline Attribute integers(std::vector<std::int64_t> values) { return values; }

/// Products, sums and what goes with fully connected layers.
std::vector<Case> layer_cases();
/// Operators of image networks.
std::vector<Case> image_cases();

/// Element-wise functions and operators that move elements.
std::vector<Case> operator_cases();

/// Operations with what is computed behind them.
std::vector<Case> fusion_cases();

/// Blocks of image networks, in which values fork and meet.
std::vector<Case> block_cases();

Graph graph_of(const Case& test);

/// Compiles and runs it with every choice, on one and on two threads.
void expect_as_defined(const Case& test);

}  // namespace espalier::test
