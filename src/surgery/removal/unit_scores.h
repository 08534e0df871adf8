// Scores of the units of coupled groups, from those of the elements of weights.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "surgery/removal/group_ranking.h"

namespace espalier::surgery {

class UnitScores {
  public:
    /// Scores the elements of all weights once. Throws InvalidArgument for a criterion or norm that is not
    /// known.
    UnitScores(std::span<const prune::Candidate> weights, const prune::MaskSet* current,
               const GroupScoring& how);

    /// Of every unit of a group whose units have slices in these weights.
    std::vector<float> of(const CoupledGroup& group) const;

  private:
    float of(const CoupledUnit& unit, const std::string& first) const;
    std::vector<float> of_whole_units(const CoupledGroup& group) const;

    std::map<std::string, const prune::Candidate*, std::less<>> weights_;
    const prune::MaskSet* current_;
    GroupScoring how_;
    std::map<std::string, std::vector<float>, std::less<>> elements_;
};

}  // namespace espalier::surgery
