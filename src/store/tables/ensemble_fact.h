// What networks say together, left in the run by whoever measures it: a fact "ensemble NAME".
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace espalier::store {

/// The mean of the softmax of several networks' outputs as one classifier, on the test split.
struct EnsembleFact {
    int level = 0;       // whose tickets of all replicates it is made of;
    int replicate = -1;  // or, from 0, of all pruned levels of this replicate (level -1)
    int members = 0;
    double accuracy = 0;
    double members_accuracy = 0;  // their mean, each alone
    double loss = 0;              // cross-entropy of the mean
    bool operator==(const EnsembleFact&) const = default;
};

/// "ensemble level 3" or "ensemble replicate 0", with the other numbers.
std::pair<std::string, std::string> to_fact(const EnsembleFact& ensemble);
/// Those of levels first, each in ascending order. A fact that cannot be read is left out.
std::vector<EnsembleFact> ensembles_of(const std::map<std::string, std::string>& facts);

}  // namespace espalier::store
