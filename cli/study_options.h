// Options of "espalier study granularity".
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "experiment/granularity/study.h"

namespace espalier::cli {

/// Of the study that this program runs itself, beside those of the trainer.
constexpr const char* kGranularityStudy = "granularity";

struct GranularityArguments {
    experiment::StudyPlan plan;
    std::string granularities;  // "4x1,16x1"
    std::vector<double> sparsities;
    std::vector<std::string> shapes;  // "name=1x3x48x320"
    std::string folder;
};

/// All of them are for this study alone.
std::vector<CLI::Option*> add_granularity_options(CLI::App& command, GranularityArguments& arguments);

/// Studies an ONNX file or a recipe, prints the table, and writes report.html and study's JSON into the
/// folder.
void study_granularity(const std::string& file, const std::vector<std::string>& changes,
                       GranularityArguments arguments, bool json, bool wide);

}  // namespace espalier::cli
