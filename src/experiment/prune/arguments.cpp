#include "experiment/prune/arguments.h"

#include <fmt/format.h>

#include <charconv>

#include "espalier/error.h"

namespace espalier::experiment {
namespace {

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return value;
}

}  // namespace

std::map<std::string, double> parse_layers(const std::vector<std::string>& arguments) {
    std::map<std::string, double> layers;
    for (const std::string& argument : arguments) {
        const auto equals = argument.rfind('=');
        const auto value = equals == std::string::npos
                               ? std::nullopt
                               : number(std::string_view(argument).substr(equals + 1));
        if (!value) {
            throw InvalidArgument(
                fmt::format("--layer {}: expected NAME=SPARSITY, such as fc1.weight=0.5", argument));
        }
        layers[argument.substr(0, equals)] = *value;
    }
    return layers;
}

std::optional<RemovalTarget> removal_target(const Cut& cut, const std::string& latency) {
    const prune::Target& target = cut.target;
    if (target.sparsity.has_value() + target.macs.has_value() + !latency.empty() != 1 || target.weights)
        throw InvalidArgument("prune: --remove needs one of --sparsity, --macs and --latency");
    RemovalTarget removal{.macs = target.macs};
    if (latency.empty()) return target.macs ? std::optional(removal) : std::nullopt;
    const bool in_ms = latency.ends_with("ms");
    const auto value = number(std::string_view(latency).substr(0, latency.size() - (in_ms ? 2 : 1)));
    if (!(in_ms || latency.ends_with("x")) || !value || !(*value > 0)) {
        throw InvalidArgument(
            fmt::format("--latency {}: expected a share or a time, such as 0.5x or 8ms", latency));
    }
    (in_ms ? removal.latency_ms : removal.latency_share) = *value;
    return removal;
}

}  // namespace espalier::experiment
