#include "experiment/prune/arguments.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "espalier/error.h"

namespace espalier::experiment {
namespace {

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return value;
}

std::map<std::string, double> named_numbers(const std::vector<std::string>& arguments, const char* option,
                                            const char* expected) {
    std::map<std::string, double> values;
    for (const std::string& argument : arguments) {
        const auto equals = argument.rfind('=');
        const auto value = equals == std::string::npos
                               ? std::nullopt
                               : number(std::string_view(argument).substr(equals + 1));
        if (!value) throw InvalidArgument(fmt::format("{} {}: expected {}", option, argument, expected));
        values[argument.substr(0, equals)] = *value;
    }
    return values;
}

}  // namespace

std::map<std::string, double> parse_layers(const std::vector<std::string>& arguments) {
    return named_numbers(arguments, "--layer", "NAME=SPARSITY, such as fc1.weight=0.5");
}

std::map<std::string, std::int64_t> parse_widths(const std::vector<std::string>& arguments) {
    std::map<std::string, std::int64_t> widths;
    for (const auto& [name, value] :
         named_numbers(arguments, "--width", "NAME=CHANNELS, such as conv1.weight=48")) {
        if (!(value >= 1 && value < 1e9) || value != std::floor(value))
            throw InvalidArgument(fmt::format("--width {}={}: expected a whole number from 1", name, value));
        widths[name] = static_cast<std::int64_t>(value);
    }
    return widths;
}

std::int64_t parse_multiple(const std::string& text) {
    if (text == "auto") return 0;
    const auto value = number(text);
    if (!value || !(*value >= 1 && *value <= 1 << 20) || *value != std::floor(*value))
        throw InvalidArgument(fmt::format(
            "widths in multiples of {}: expected a whole number from 1 to {}, or auto", text, 1 << 20));
    return static_cast<std::int64_t>(*value);
}

void read_latency(const std::string& text, RemovalTarget& target) {
    const bool in_ms = text.ends_with("ms");
    const bool is_share = text.ends_with("x");
    const auto value = number(std::string_view(text).substr(0, text.size() - (in_ms ? 2 : is_share ? 1 : 0)));
    if (!(in_ms || is_share) || !value || !(*value > 0)) {
        throw InvalidArgument(
            fmt::format("prune: latency {}: expected a share or a time, such as 0.5x or 8ms", text));
    }
    (in_ms ? target.latency_ms : target.latency_share) = *value;
}

std::optional<RemovalTarget> removal_target(const Cut& cut, const std::string& latency) {
    const prune::Target& target = cut.target;
    const int targets = target.sparsity.has_value() + target.macs.has_value() + !latency.empty();
    if (target.weights || targets > 1 || (targets == 0 && cut.widths.empty()))
        throw InvalidArgument("prune: --remove needs one of --sparsity, --macs, --latency and --width");
    RemovalTarget removal{.macs = target.macs};
    if (latency.empty())
        return target.macs ? std::optional(removal) : std::nullopt;  // a share of units, or widths
    read_latency(latency, removal);
    return removal;
}

}  // namespace espalier::experiment
