#include "prune/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/nearest.h"
#include "espalier/error.h"

namespace espalier::prune {
namespace {

void check_share(std::string_view what, double share) {
    if (!(share >= 0 && share < 1)) {
        throw InvalidArgument(
            fmt::format("{} = {} is out of range, expected 0 <= {} < 1", what, share, what));
    }
}

void check_weights(const Request& request) {
    if (request.weights.empty()) throw InvalidArgument("there is nothing to prune: no weights are given");
    std::set<std::string_view> names;
    for (const Candidate& candidate : request.weights) {
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
        if (request.current == nullptr || !request.current->contains(name)) continue;
        const Shape& mask = request.current->at(name).shape();
        if (mask != candidate.shape) {
            throw InvalidArgument(fmt::format("weight \"{}\" has shape {}, its current mask {}", name,
                                              to_string(candidate.shape), to_string(mask)));
        }
    }
}

void check_target(const Target& target, std::int64_t count) {
    const int given = target.sparsity.has_value() + target.rate.has_value() + target.weights.has_value() +
                      target.macs.has_value();
    if (given != 1) {
        throw InvalidArgument(
            fmt::format("{} targets are given, expected one of sparsity, rate, weights and macs", given));
    }
    if (target.sparsity) check_share("sparsity", *target.sparsity);
    if (target.rate) check_share("rate", *target.rate);
    if (target.weights && (*target.weights < 1 || *target.weights > count)) {
        throw InvalidArgument(
            fmt::format("weights = {} is out of range, expected 1 to {}", *target.weights, count));
    }
    if (target.macs) throw InvalidArgument("target macs is not known, expected sparsity, rate or weights");
}

void check_own_targets(const Request& request, const Scope& scope) {
    if (request.layer_targets.empty()) return;
    if (!scope.own_targets) {
        throw InvalidArgument(
            fmt::format("scope \"{}\" ranks all layers together, so \"{}\" cannot have a target of "
                        "its own; scope \"layer-wise\" can",
                        scope.name, request.layer_targets.begin()->first));
    }
    std::vector<std::string> known;
    for (const Candidate& candidate : request.weights) known.push_back(candidate.name);
    for (const auto& [name, share] : request.layer_targets) {
        if (std::ranges::find(known, name) == known.end()) {
            throw InvalidArgument(fmt::format("layer target of \"{}\": weight \"{}\"{}", name, name,
                                              unknown_hint(name, known)));
        }
        check_share(fmt::format("target of \"{}\"", name), share);
    }
}

}  // namespace

void check(const Request& request, const Scope& scope) {
    check_weights(request);
    std::int64_t count = 0;
    for (const Candidate& candidate : request.weights) count += element_count(candidate.shape);
    check_target(request.target, count);
    check_own_targets(request, scope);
    if (request.floor < 0) throw InvalidArgument(fmt::format("floor = {} is negative", request.floor));
}

}  // namespace espalier::prune
