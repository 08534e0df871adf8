#include "surgery/permutation/matching.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "prune/grouping/assignment.h"
#include "surgery/removal/slices.h"

namespace espalier::surgery {
namespace {

constexpr int kMostPasses = 100;     // Ainsworth et al. see a handful
constexpr double kLeastGain = 1e-9;  // of the whole

double dot(std::span<const float> a, std::span<const float> b) {
    constexpr std::size_t kLanes = 8;  // of their own sums, so that the loop is one of vectors
    double total = 0;
    std::size_t i = 0;
    while (i + kLanes <= a.size()) {
        float sums[kLanes] = {};
        const std::size_t end = std::min(a.size() - kLanes + 1, i + 4096);
        for (; i < end; i += kLanes) {
            for (std::size_t k = 0; k < kLanes; ++k) sums[k] += a[i + k] * b[i + k];
        }
        for (const float sum : sums) total += double{sum};
    }
    for (; i < a.size(); ++i) total += double{a[i]} * double{b[i]};
    return total;
}

/// All slices of a unit in one row.
std::vector<float> row_of(const CoupledUnit& unit, const Weights& weights,
                          const std::set<std::string>& names) {
    std::vector<float> row;
    for (const WeightSlice& slice : unit.slices) {
        const auto found = weights.find(slice.weight);
        if (!names.contains(slice.weight) || found == weights.end()) continue;
        const std::span<const float> values = found->second.f32();
        each_element(slice, [&](std::size_t at) { row.push_back(values[at]); });
    }
    return row;
}

std::vector<std::vector<float>> rows_of(const Units& units, const Weights& weights,
                                        const std::set<std::string>& names) {
    std::vector<std::vector<float>> rows;
    for (const CoupledUnit* unit : units) rows.push_back(row_of(*unit, weights, names));
    return rows;
}

}  // namespace

Matching::Matching(const Graph& graph)
    // A normalisation over an axis computes the same in any order of it.
    : parameters_(parameters(graph)), groups_(graph, OverRest::followed) {
    for (const CoupledGroup& group : groups_.groups()) {
        if (!group.refused.empty()) continue;
        std::map<std::size_t, Units> by_path;
        for (const CoupledUnit& unit : group.units) by_path[unit.path].push_back(&unit);
        for (auto& [path, units] : by_path) {
            if (units.size() < 2) continue;
            std::vector<std::int64_t> places(units.size());
            std::iota(places.begin(), places.end(), 0);
            kinds_.push_back({group.name, std::move(units), std::move(places)});
        }
    }
}

std::vector<double> Matching::worth_of(const Kind& kind, const Weights& to, const Weights& from,
                                       const std::set<std::string>& names) const {
    const auto ours = rows_of(kind.units, to, names);
    const auto theirs = rows_of(kind.units, from, names);
    std::vector<double> worth;
    worth.reserve(ours.size() * theirs.size());
    for (const auto& a : ours) {
        for (const auto& b : theirs) worth.push_back(dot(a, b));
    }
    return worth;
}

double Matching::product(const Weights& a, const Weights& b) const {
    double sum = 0;
    for (const std::string& name : parameters_) sum += dot(a.at(name).f32(), b.at(name).f32());
    return sum;
}

/// Parameters that the kind has slices of, and no other kind that is not matched; all of its own if there are
/// none.
std::set<std::string> Matching::settled(const Kind& kind, const std::set<const Kind*>& matched) const {
    std::set<std::string> open;
    for (const Kind& other : kinds_) {
        if (&other == &kind || matched.contains(&other)) continue;
        for (const WeightSlice& slice : other.units.front()->slices) open.insert(slice.weight);
    }
    std::set<std::string> names;
    for (const WeightSlice& slice : kind.units.front()->slices) {
        if (parameters_.contains(slice.weight) && !open.contains(slice.weight)) names.insert(slice.weight);
    }
    return names.empty() ? parameters_ : names;
}

void Matching::match_weights(const Weights& to, const Weights& from) {
    Weights now = moved(from);
    const auto step_of = [&](const Kind& kind, const std::set<std::string>& names) {
        const std::vector<int> columns =
            prune::best_assignment(worth_of(kind, to, now, names), static_cast<int>(kind.units.size()));
        return std::vector<std::int64_t>(columns.begin(), columns.end());
    };
    const auto take = [](Kind& kind, const std::vector<std::int64_t>& step) {
        std::vector<std::int64_t> places;
        for (const std::int64_t at : step) places.push_back(kind.places[static_cast<std::size_t>(at)]);
        kind.places = std::move(places);
    };
    std::set<const Kind*> matched;
    for (Kind& kind : kinds_) {
        const std::vector<std::int64_t> step = step_of(kind, settled(kind, matched));
        move_units(now, kind.units, step);
        take(kind, step);
        matched.insert(&kind);
    }
    double best = product(to, now);
    const double least = kLeastGain * std::sqrt(product(to, to) * product(from, from));
    bool gains = true;
    for (int pass = 0; gains && pass < kMostPasses; ++pass) {
        gains = false;
        for (Kind& kind : kinds_) {
            const std::vector<std::int64_t> step = step_of(kind, parameters_);
            Weights next = now;
            move_units(next, kind.units, step);
            const double value = product(to, next);
            if (value <= best + least) continue;
            gains = true;
            best = value;
            now = std::move(next);
            take(kind, step);
        }
    }
}

void Matching::match(const std::function<std::vector<double>(const Kind& kind)>& worth) {
    for (Kind& kind : kinds_) {
        const std::vector<double> table = worth(kind);
        if (table.empty()) continue;
        const std::vector<int> columns = prune::best_assignment(table, static_cast<int>(kind.units.size()));
        kind.places.assign(columns.begin(), columns.end());
    }
}

double Matching::likeness(const Weights& to, const Weights& from) const {
    return product(to, moved(from)) / std::sqrt(product(to, to) * product(from, from));
}

Weights Matching::moved(Weights weights) const {
    for (const Kind& kind : kinds_) move_units(weights, kind.units, kind.places);
    return weights;
}

prune::MaskSet Matching::moved(const prune::MaskSet& masks) const {
    NamedTensors bits;
    for (const auto& [name, mask] : masks)
        bits.emplace(name, Tensor::of<float>(mask.shape(), mask.to_floats()));
    for (const Kind& kind : kinds_) move_units(bits, kind.units, kind.places);
    prune::MaskSet out;
    for (const auto& [name, tensor] : bits) {
        prune::Mask mask(tensor.shape(), false);
        const std::span<const float> values = tensor.f32();
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (values[i] != 0) mask.set(static_cast<std::int64_t>(i), true);
        }
        out.insert(name, std::move(mask));
    }
    return out;
}

}  // namespace espalier::surgery
