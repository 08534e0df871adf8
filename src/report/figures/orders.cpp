#include "report/figures/orders.h"

#include <fmt/format.h>

#include <algorithm>

namespace espalier::report {
namespace {

constexpr std::string_view kNotePrefix = "note ";
constexpr std::string_view kOrderPrefix = "permutation: ";

/// "ticket.0.1.0" -> "ticket.0": of arm, replicate, level and number of the note.
std::string search_of(std::string key) {
    for (int part = 0; part < 2; ++part) key.erase(std::min(key.rfind('.'), key.size()));
    return key;
}

}  // namespace

std::vector<std::string> order_lines(const Experiment& experiment) {
    std::vector<std::string> lines;
    for (const auto& [key, text] : experiment.facts) {
        if (!key.starts_with(kNotePrefix) || !text.starts_with(kOrderPrefix)) continue;
        const std::string search = search_of(key.substr(kNotePrefix.size()));
        const std::size_t dot = std::min(search.rfind('.'), search.size());
        const std::string replicate = dot < search.size() ? search.substr(dot + 1) : "";
        std::string line = fmt::format("{}, replicate {}: {}", search.substr(0, dot), replicate, text);
        // Levels that are each cut from the dense network found the same.
        if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace espalier::report
