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
    if (target.sparsity.has_value() + target.macs.has_value() + !latency.empty() != 1 || target.weights)
        throw InvalidArgument("prune: --remove needs one of --sparsity, --macs and --latency");
    RemovalTarget removal{.macs = target.macs};
    if (latency.empty()) return target.macs ? std::optional(removal) : std::nullopt;
    read_latency(latency, removal);
    return removal;
}

}  // namespace espalier::experiment
