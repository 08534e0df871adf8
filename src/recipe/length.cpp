#include <fmt/format.h>

#include <charconv>

#include "espalier/error.h"
#include "espalier/recipe.h"

namespace espalier {
namespace {

/// Takes "<digits><unit>" off the front of `text`; 0 and nothing taken if it does not start so.
std::int64_t take(std::string_view& text, std::string_view unit) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto digits = static_cast<std::size_t>(end - text.data());
    constexpr std::size_t kMostDigits = 9;  // times the steps of an epoch it still fits 64 bits
    if (error != std::errc{} || digits > kMostDigits || value < 0) return 0;
    if (!text.substr(digits).starts_with(unit)) return 0;
    text.remove_prefix(digits + unit.size());
    return value;
}

}  // namespace

std::string Length::to_string() const {
    if (epochs == 0) return fmt::format("{}it", iterations);
    if (iterations == 0) return fmt::format("{}ep", epochs);
    return fmt::format("{}ep{}it", epochs, iterations);
}

Length Length::parse(std::string_view text) {
    std::string_view rest = text;
    Length length;
    length.epochs = take(rest, "ep");
    length.iterations = take(rest, "it");
    if (text.empty() || !rest.empty()) {
        throw InvalidArgument(
            fmt::format("\"{}\" is not a length; expected \"20ep\", \"500it\" or \"2ep50it\"", text));
    }
    return length;
}

}  // namespace espalier
