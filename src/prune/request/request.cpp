#include "prune/request/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text/nearest.h"
#include "base/text/wildcard.h"
#include "espalier/error.h"
#include "prune/request/signal.h"

namespace espalier::prune {
namespace {

void check_share(std::string_view what, double share) {
    if (!(share >= 0 && share < 1)) {
        throw InvalidArgument(
            fmt::format("{} = {} is out of range, expected 0 <= {} < 1", what, share, what));
    }
}

void check_target(const Request& request, bool is_optional) {
    const Target& target = request.target;
    const int given = target.sparsity.has_value() + target.rate.has_value() + target.weights.has_value() +
                      target.macs.has_value();
    if (given > 1 || (given == 0 && !is_optional)) {
        throw InvalidArgument(
            fmt::format("{} given, expected one of sparsity, rate, weights and macs",
                        given == 0 ? "no target is" : fmt::format("{} targets are", given)));
    }
    std::int64_t count = 0;
    for (const Candidate& candidate : request.weights) count += element_count(candidate.shape);
    if (target.sparsity) check_share("sparsity", *target.sparsity);
    if (target.rate) check_share("rate", *target.rate);
    if (target.weights && (*target.weights < 1 || *target.weights > count)) {
        throw InvalidArgument(
            fmt::format("weights = {} is out of range, expected 1 to {}", *target.weights, count));
    }
    if (!target.macs) return;
    if (!(*target.macs > 0 && *target.macs <= 1)) {
        throw InvalidArgument(fmt::format("macs = {} is out of range, expected 0 < macs <= 1", *target.macs));
    }
    for (const Candidate& candidate : request.weights) {
        if (candidate.macs_per_element > 0 && candidate.macs_per_element < 1e18) continue;
        throw InvalidArgument(fmt::format("\"{}\" has {} multiply-adds an element, expected a number above 0",
                                          candidate.name, candidate.macs_per_element));
    }
}

std::vector<std::string> names_of(const Request& request) {
    std::vector<std::string> names;
    for (const Candidate& candidate : request.weights) names.push_back(candidate.name);
    return names;
}

void check_layer_names(const Request& request, const Choices& choices) {
    const std::vector<std::string> known = names_of(request);
    if (!request.layer_targets.empty() && (!choices.scope.own_targets || choices.is_pattern())) {
        throw InvalidArgument(fmt::format(
            "\"{}\" cannot have a target of its own: {}", request.layer_targets.begin()->first,
            choices.is_pattern() ? fmt::format("granularity \"{}\" fixes how much goes", choices.grain.text)
                                 : fmt::format("scope \"{}\" divides the whole; scope \"layer-wise\" can",
                                               choices.scope.name)));
    }
    for (const auto& [pattern, share] : request.layer_targets) {
        if (std::ranges::none_of(
                known, [&, &glob = pattern](const std::string& name) { return matches(glob, name); })) {
            throw InvalidArgument(
                fmt::format("layer target: weight \"{}\"{}", pattern, unknown_hint(pattern, known)));
        }
        check_share(fmt::format("target of \"{}\"", pattern), share);
    }
    for (const auto& [name, points] : request.sensitivity) {
        if (std::ranges::find(known, name) == known.end()) {
            throw InvalidArgument(
                fmt::format("sensitivity: weight \"{}\"{}", name, unknown_hint(name, known)));
        }
    }
}

}  // namespace

Choices look_up(const Request& request) {
    return {parse_grain(request.granularity), criteria().get(request.criterion),
            unit_norms().get(request.unit_norm), scopes().get(request.scope)};
}

void check_weights(std::span<const Candidate> weights, const MaskSet* current) {
    if (weights.empty())
        throw InvalidArgument("there is nothing to prune: the network has no prunable weights");
    std::set<std::string_view> names;
    for (const Candidate& candidate : weights) {
        const std::string& name = candidate.name;
        if (!names.insert(name).second)
            throw InvalidArgument(fmt::format("weight \"{}\" is given twice", name));
        if (element_count(candidate.shape) == 0) {
            throw InvalidArgument(
                fmt::format("weight \"{}\" of shape {} is empty", name, to_string(candidate.shape)));
        }
        if (element_count(candidate.shape) != static_cast<std::int64_t>(candidate.weight.size())) {
            throw InvalidArgument(fmt::format("weight \"{}\" of shape {} is given {} values", name,
                                              to_string(candidate.shape), candidate.weight.size()));
        }
        if (current == nullptr || !current->contains(name)) continue;
        const Shape& mask = current->at(name).shape();
        if (mask != candidate.shape) {
            throw InvalidArgument(fmt::format("weight \"{}\" has shape {}, its current mask {}", name,
                                              to_string(candidate.shape), to_string(mask)));
        }
    }
}

void check(const Request& request, const Choices& choices) {
    check_weights(request.weights, request.current);
    check_target(request, choices.is_pattern() || choices.scope.target_optional);
    check_layer_names(request, choices);
    if (request.floor < 0) throw InvalidArgument(fmt::format("floor = {} is negative", request.floor));
    for (const Candidate& candidate : request.weights) {
        check_signals(choices.criterion, candidate, layout_of(candidate));
    }
    if (choices.scope.within_outputs && (request.target.weights || request.target.macs)) {
        throw InvalidArgument(fmt::format(
            "scope \"{}\" takes a share of every output, expected sparsity or rate", choices.scope.name));
    }
}

std::vector<std::optional<double>> own_targets(const Request& request) {
    std::vector<std::optional<double>> own;
    for (const Candidate& candidate : request.weights) {
        own.emplace_back();
        if (const auto exact = request.layer_targets.find(candidate.name);
            exact != request.layer_targets.end()) {
            own.back() = exact->second;
            continue;
        }
        std::string_view found;
        for (const auto& [pattern, share] : request.layer_targets) {
            if (!matches(pattern, candidate.name)) continue;
            if (own.back()) {
                throw InvalidArgument(fmt::format("layer targets \"{}\" and \"{}\" both match weight \"{}\"",
                                                  found, pattern, candidate.name));
            }
            own.back() = share;
            found = pattern;
        }
    }
    return own;
}

}  // namespace espalier::prune
