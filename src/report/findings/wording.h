// A report is written of accuracies. Of a run whose score is another one it says that.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "report/findings/experiment.h"

namespace espalier::report {

/// "accuracy", or "R2" where targets are numbers.
std::string score_of(const Experiment& experiment);

/// The text with the run's score for the words accuracy and accuracies. Parts of names (a path, a file) stay.
std::string worded(const Experiment& experiment, const std::string& text);
/// Likewise of all texts that are no keys.
void word(const Experiment& experiment, nlohmann::ordered_json& data);

}  // namespace espalier::report
