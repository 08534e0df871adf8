// A network over data, as numbers: against another one, or against what is right.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "espalier/graph.h"

namespace espalier::experiment {

using MetricValues = std::vector<std::pair<std::string, double>>;

struct Evaluate {
    std::vector<std::string> metrics;  // of calibrate::output_metrics()
    std::string output = {};           // that is judged; "": the first of f32
    const Tensor* expected = nullptr;
    int threads = 0;
};

struct Evaluated {
    std::string output;
    std::size_t runs = 0;
    std::int64_t rows = 0;
    MetricValues values;
};

/// Of the first output of f32 of every run, as the graph orders them. Throws BadData where there is none.
MetricValues compare_outputs(const std::vector<std::string>& metrics, const Graph& graph,
                             const std::vector<std::vector<Tensor>>& before,
                             const std::vector<std::vector<Tensor>>& after);

/// Runs `graph`, and `against` if it is given, over the data of read_calibration(). Throws InvalidArgument
/// for metrics and outputs that are not known, BadData as calibrate::measure() does.
Evaluated evaluate(const Graph& graph, const Graph* against, const std::vector<NamedTensors>& data,
                   const Evaluate& how);

std::string to_text(const Evaluated& evaluated, std::size_t width);
nlohmann::ordered_json to_json(const Evaluated& evaluated);

/// "cosine 0.9931, agreement 0.98".
std::string to_text(const MetricValues& values);

}  // namespace espalier::experiment
