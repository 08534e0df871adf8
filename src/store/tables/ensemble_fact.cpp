#include "store/tables/ensemble_fact.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string_view>
#include <tuple>

namespace espalier::store {
namespace {

constexpr std::string_view kEnsemble = "ensemble ";

std::optional<EnsembleFact> ensemble_from(const std::string& name, const std::string& value) {
    std::istringstream words(name);
    std::istringstream numbers(value);
    std::string of;
    int which = -1;
    EnsembleFact fact;
    words >> of >> which;
    numbers >> fact.members >> fact.accuracy >> fact.members_accuracy >> fact.loss;
    if (!words || !numbers || which < 0 || (of != "level" && of != "replicate")) return {};
    fact.level = of == "level" ? which : -1;
    fact.replicate = of == "level" ? -1 : which;
    return fact;
}

}  // namespace

std::pair<std::string, std::string> to_fact(const EnsembleFact& ensemble) {
    const bool of_level = ensemble.replicate < 0;
    return {fmt::format("{}{} {}", kEnsemble, of_level ? "level" : "replicate",
                        of_level ? ensemble.level : ensemble.replicate),
            fmt::format("{} {} {} {}", ensemble.members, ensemble.accuracy, ensemble.members_accuracy,
                        ensemble.loss)};
}

std::vector<EnsembleFact> ensembles_of(const std::map<std::string, std::string>& facts) {
    std::vector<EnsembleFact> all;
    for (auto at = facts.lower_bound(std::string(kEnsemble)); at != facts.end(); ++at) {
        if (!at->first.starts_with(kEnsemble)) break;
        if (const auto fact = ensemble_from(at->first.substr(kEnsemble.size()), at->second))
            all.push_back(*fact);
    }
    std::ranges::sort(all, {}, [](const EnsembleFact& one) { return std::tuple(one.replicate, one.level); });
    return all;
}

}  // namespace espalier::store
