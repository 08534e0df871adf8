// What criteria read of a network that is a file: what its own values tell, and what calibration data show.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "calibrate/input_norms.h"
#include "espalier/prune.h"

namespace espalier::experiment {

/// Throws InvalidArgument for a criterion that needs what neither the file nor calibration data tell.
void check_signals(const std::string& criterion, bool has_data);

class OwnSignals {
  public:
    /// Of the candidates of `request`, whose criterion has passed check_signals() (`include` as in Cut).
    /// `observed`: null without calibration data.
    OwnSignals(const Graph& graph, const prune::Request& request, const std::vector<std::string>& include,
               const calibrate::Observed* observed);

    /// Sets the spans of `candidates`; they are valid as long as this lives.
    void attach(std::vector<prune::Candidate>& candidates) const;

  private:
    std::map<std::string, std::map<std::string, std::vector<float>>> values_;  // by signal and weight
};

}  // namespace espalier::experiment
