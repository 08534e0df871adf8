#include "store/tables/control_fact.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <string_view>

namespace espalier::store {
namespace {

constexpr std::string_view kPrefix = "control ";
constexpr std::array<std::string_view, 3> kChances = {"nothing", "weights", "mask"};  // as in Chance

std::optional<ControlFact> from_fact(const std::string& name, const std::string& value) {
    ControlFact control{.name = name, .label = {}};
    std::istringstream text(value);
    std::string chance;
    text >> control.position >> chance;
    std::getline(text >> std::ws, control.label);
    const auto at = std::ranges::find(kChances, chance);
    if (at == kChances.end() || control.label.empty()) return {};
    control.chance = static_cast<Chance>(at - kChances.begin());
    return control;
}

/// Version 0.1.0 left no such facts.
std::vector<ControlFact> of_first_version() {
    return {{"reinitialize", "Reinitialised", 1, Chance::weights},
            {"random-mask", "Random mask", 2, Chance::mask},
            {"random-mask-global", "Random mask, global", 11, Chance::mask},
            {"shuffled-mask", "Shuffled mask", 12, Chance::mask},
            {"other-mask", "Another replicate's mask", 13, Chance::nothing},
            {"initial-mask", "Mask of initial weights", 14, Chance::nothing},
            {"reinitialize-signs", "Reinitialised, same signs", 15, Chance::nothing},
            {"constant-signs", "Signs only", 16, Chance::nothing},
            {"early-bird", "Early bird", 17, Chance::nothing},
            {"no-mask", "Dense, trained on", 18, Chance::nothing},
            {"scratch-double", "From scratch, twice as long", 19, Chance::nothing}};
}

}  // namespace

std::pair<std::string, std::string> to_fact(const ControlFact& control) {
    return {std::string(kPrefix) + control.name,
            fmt::format("{} {} {}", control.position, kChances.at(static_cast<std::size_t>(control.chance)),
                        control.label)};
}

std::vector<ControlFact> controls_of(const std::map<std::string, std::string>& facts) {
    std::vector<ControlFact> controls;
    for (auto at = facts.lower_bound(std::string(kPrefix)); at != facts.end(); ++at) {
        if (!at->first.starts_with(kPrefix)) break;
        if (auto control = from_fact(at->first.substr(kPrefix.size()), at->second))
            controls.push_back(std::move(*control));
    }
    if (controls.empty()) return of_first_version();
    std::ranges::stable_sort(controls, {}, &ControlFact::position);
    return controls;
}

}  // namespace espalier::store
