// score(unit) = combine over its slices of norm over the slice's elements
// Sums over all coupled parameters are Fang et al. 2023, "DepGraph: Towards Any Structural Pruning".
#include "surgery/removal/unit_scores.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"
#include "prune/criterion.h"
#include "prune/ranking/unit_norm.h"
#include "prune/request/signal.h"
#include "surgery/removal/slices.h"

namespace espalier::surgery {
namespace {

std::vector<float> element_scores(const prune::Criterion& criterion, const prune::Candidate& weight,
                                  const prune::Mask* current, std::uint64_t seed) {
    constexpr std::int64_t kPart = 4096;
    const auto is_of_elements = [](std::string_view signal) {
        return prune::signals().get(signal).count == prune::Signal::Count::elements;
    };
    const bool is_matrix = weight.form.order.empty() && weight.form.parts.empty();
    if (!is_matrix && !std::ranges::all_of(criterion.needs, is_of_elements)) {
        throw Unsupported(fmt::format("criterion \"{}\" on units of \"{}\", which is no matrix in memory",
                                      criterion.name, weight.name));
    }
    std::vector<float> scores(weight.weight.size());
    const prune::Scored scored{weight, prune::layout_of(weight), seed, current};
    const auto count = std::ssize(scores);
    for (std::int64_t first = 0; first < count; first += kPart) {
        const auto part = static_cast<std::size_t>(std::min(kPart, count - first));
        criterion.score(scored, first, std::span(scores).subspan(static_cast<std::size_t>(first), part));
    }
    return scores;
}

const prune::Mask* mask_of(const prune::MaskSet* masks, const std::string& name) {
    return masks != nullptr && masks->contains(name) ? &masks->at(name) : nullptr;
}

}  // namespace

UnitScores::UnitScores(std::span<const prune::Candidate> weights, const prune::MaskSet* current,
                       const GroupScoring& how)
    : current_(current), how_(how) {
    const prune::Criterion& criterion = prune::criteria().get(how.criterion);
    prune::unit_norms().get(how.unit_norm);
    for (const prune::Candidate& weight : weights) {
        weights_.emplace(weight.name, &weight);
        if (criterion.score != nullptr)
            elements_.emplace(weight.name,
                              element_scores(criterion, weight, mask_of(current, weight.name), how.seed));
    }
}

float UnitScores::of(const CoupledUnit& unit, const std::string& first) const {
    const prune::Criterion& criterion = prune::criteria().get(how_.criterion);
    const prune::UnitNorm& norm =
        prune::unit_norms().get(criterion.norm.empty() ? how_.unit_norm : std::string(criterion.norm));
    std::vector<double> slices;
    std::vector<float> scores;
    const bool has_first = elements_.contains(first);  // an embedding has no scores
    for (const WeightSlice& slice : unit.slices) {
        const auto elements = elements_.find(slice.weight);
        if (elements == elements_.end()) continue;
        if (how_.combine == Combine::first && (has_first ? slice.weight != first : !slices.empty())) continue;
        scores.clear();
        const prune::Mask* const mask = mask_of(current_, slice.weight);
        each_element(slice, [&](std::size_t at) {
            if (mask == nullptr || (*mask)[static_cast<std::int64_t>(at)])
                scores.push_back(elements->second[at]);
        });
        if (scores.empty()) continue;
        const auto count = std::ssize(scores);
        auto sum = static_cast<double>(norm.neutral);
        norm.add(&sum, scores.data(), 1, count);
        float score = 0;
        norm.finish(&sum, &count, {&score, 1});
        slices.push_back(static_cast<double>(score));
    }
    if (slices.empty()) return 0;
    double score = how_.combine == Combine::max ? *std::ranges::max_element(slices) : 0;
    if (how_.combine != Combine::max) {
        for (const double slice : slices) score += slice;
    }
    if (how_.combine == Combine::mean) score /= static_cast<double>(slices.size());
    return static_cast<float>(score);
}

/// Of a criterion that compares whole units: each is a row of all its weights.
std::vector<float> UnitScores::of_whole_units(const CoupledGroup& group) const {
    std::vector<float> values;
    for (const CoupledUnit& unit : group.units) {
        for (const WeightSlice& slice : unit.slices) {
            const auto weight = weights_.find(slice.weight);
            if (weight == weights_.end()) continue;
            each_element(slice, [&](std::size_t at) { values.push_back(weight->second->weight[at]); });
        }
    }
    const std::int64_t units = std::ssize(group.units);
    const std::int64_t columns = std::ssize(values) / units;
    const prune::Candidate rows{.name = group.name, .shape = {units, columns}, .weight = values};
    const prune::Scored scored{rows, prune::layout_of(rows), how_.seed};
    std::vector<float> scores(static_cast<std::size_t>(units));
    prune::criteria()
        .get(how_.criterion)
        .score_units(scored, prune::Tiling(scored.layout, {1, columns}), 0, scores);
    return scores;
}

std::vector<float> UnitScores::of(const CoupledGroup& group) const {
    if (prune::criteria().get(how_.criterion).score == nullptr) return of_whole_units(group);
    std::vector<float> scores;
    const std::string first = group.name.substr(0, group.name.find(" ("));
    for (const CoupledUnit& unit : group.units) scores.push_back(of(unit, first));
    return scores;
}

}  // namespace espalier::surgery
