// What criteria read of a network that is a file: what its own values tell, and what calibration data show.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/prune.h"

namespace espalier::experiment {

/// Throws InvalidArgument for a criterion that needs what neither the file nor calibration data tell.
void check_signals(const std::string& criterion, bool has_data);

/// By signal and weight.
using SignalValues = std::map<std::string, std::map<std::string, std::vector<float>>>;

/// Whether calibration data tell what the criterion reads. Throws InvalidArgument for one that is not known.
bool reads_data(const std::string& criterion);
/// Whether the criterion reads this signal.
bool needs(const std::string& criterion, std::string_view signal);
/// Names of the weights of a request.
std::set<std::string> names_of(const prune::Request& request);

class OwnSignals {
  public:
    /// Of the candidates of `request`, whose criterion has passed check_signals() (`include` as in Cut).
    /// `shown`: what running it tells, with calibration data or inputs of ones (flow).
    OwnSignals(const Graph& graph, const prune::Request& request, const std::vector<std::string>& include,
               SignalValues shown = {});

    /// Sets the spans of `candidates`; they are valid as long as this lives.
    void attach(std::vector<prune::Candidate>& candidates) const;

  private:
    SignalValues values_;
};

}  // namespace espalier::experiment
