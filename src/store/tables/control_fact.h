// What a report must know of a control, left in the run by whoever trains it: a fact "control NAME".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace espalier::store {

/// What a control takes by chance in the place of the ticket's own: a claim that the ticket's weights, or its
/// mask, matter is tested against it.
enum class Chance : std::uint8_t { nothing, weights, mask };

struct ControlFact {
    std::string name;   // as in the store: "random-mask"
    std::string label;  // as people read it: "Random mask"
    int position = 0;   // in tables and pictures
    Chance chance = Chance::nothing;
};

/// Controls below this position stand ahead of the recipe's other arms.
inline constexpr int kBehindArms = 10;

/// "control random-mask" and "2 mask Random mask".
std::pair<std::string, std::string> to_fact(const ControlFact& control);
/// Those that a run's facts name, by position; of a run without any, as version 0.1.0 left it, the controls
/// of that version. A fact that cannot be read is left out.
std::vector<ControlFact> controls_of(const std::map<std::string, std::string>& facts);

}  // namespace espalier::store
