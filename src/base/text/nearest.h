// "did you mean ...?": the known word nearest to an unknown one.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace espalier {

/// Number of single-character insertions, deletions and substitutions between two words (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `known` within a third of the word's length plus one, or "" if none is near.
std::string nearest(std::string_view word, std::span<const std::string> known);

/// ` is not known; did you mean "magnitude"?`, or the list of what is known when nothing is near.
std::string unknown_hint(std::string_view word, std::span<const std::string> known);

}  // namespace espalier
