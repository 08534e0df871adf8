// What the accuracies of a run are: the fact "score", which runs on numbers have.
#pragma once

#include <map>
#include <string>

namespace espalier::store {

inline constexpr const char* kScoreFact = "score";

/// "accuracy" of classes, or "R2" of numbers.
inline std::string score_name(const std::map<std::string, std::string>& facts) {
    const auto found = facts.find(kScoreFact);
    return found == facts.end() ? "accuracy" : found->second;
}

/// The same as a key of JSON: "accuracy", "r2".
inline std::string score_key(const std::map<std::string, std::string>& facts) {
    return score_name(facts) == "accuracy" ? "accuracy" : "r2";
}

}  // namespace espalier::store
