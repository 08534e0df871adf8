// What criteria read and the network itself tells, without data.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/experiment.h"

namespace espalier::experiment {

class OwnSignals {
  public:
    /// Throws InvalidArgument if the criterion of `how` needs data.
    OwnSignals(const Cut& how, const Graph& graph);

    /// To candidates of that graph. Spans point in here.
    void attach(std::vector<prune::Candidate>& candidates) const;

  private:
    std::map<std::string, std::vector<float>> scales_;  // behind each weight
};

}  // namespace espalier::experiment
