// What running a network came to, as text and JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "espalier/experiment.h"

namespace espalier::experiment {

/// Outputs of a network, by name.
struct Outputs {
    const Graph& graph;
    std::vector<Tensor> tensors;
};
std::string to_text(const Outputs& outputs, std::size_t width);
nlohmann::ordered_json to_json(const Outputs& outputs);

struct DataRun {
    std::string dataset;
    std::string split;
    std::int64_t examples = 0;
    double accuracy = 0;  // of numbers R2
    bool is_of_classes = true;
    double seconds = 0;
    std::string output = {};  // file
};
std::string to_text(const DataRun& run, std::size_t width);
nlohmann::ordered_json to_json(const DataRun& run);

}  // namespace espalier::experiment
