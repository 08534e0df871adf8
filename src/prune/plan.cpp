// The order of work: look up names, check, score lazily, let the scope divide, cut, write bits, count.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/threads/parallel.h"
#include "espalier/error.h"
#include "espalier/prune.h"
#include "prune/apply/count_units.h"
#include "prune/apply/n_of_m.h"
#include "prune/apply/per_output.h"
#include "prune/apply/pool_cut.h"
#include "prune/request/request.h"
#include "prune/units/arrange.h"

namespace espalier::prune {
namespace {

constexpr std::int64_t kSmall = 1 << 18;  // weights

/// "a, b, c, ..."
std::string shortened(const std::vector<std::string>& names) {
    constexpr std::size_t kMost = 4;
    const auto last = names.begin() + static_cast<std::ptrdiff_t>(std::min(kMost, names.size()));
    return fmt::format("{}{}", fmt::join(names.begin(), last, ", "), names.size() > kMost ? ", ..." : "");
}

class Planner {
  public:
    Planner(const Request& request, const Choices& choices) : request_(request), choices_(choices) {
        for (const Candidate& candidate : request.weights) count_ += element_count(candidate.shape);
        // To start threads for a small network takes longer than to do without.
        threads_ = count_ < kSmall ? 1 : request.threads;
        weights_.reserve(request.weights.size());
        for (const Candidate& candidate : request.weights) {
            const bool has_mask = request.current != nullptr && request.current->contains(candidate.name);
            const Mask* const current = has_mask ? &request.current->at(candidate.name) : nullptr;
            const Scored scored{candidate, layout_of(candidate), request.seed, current};
            const Granularity& granularity = choices.grain.granularity;
            const Tile tile = choices.is_pattern()
                                  ? Tile{1, 1}
                                  : granularity.tile(choices.grain.arguments, candidate, scored.layout);
            if (const std::string size = fitted_size(choices.grain, tile, scored.layout); !size.empty())
                fitted_[size].push_back(candidate.name);
            weights_.emplace_back(scored, choices.criterion, choices.norm, tile, threads_);
            masks_.push_back(current != nullptr ? *current : Mask(candidate.shape));
        }
        // A granularity of whole layers asks for layers to be emptied.
        floor_ = choices.grain.granularity.whole_layers ? 0 : request.floor;
    }

    Plan run() {
        if (choices_.is_pattern()) {
            write_patterns();
        } else if (choices_.scope.within_outputs) {
            write_within_outputs();
        } else {
            write_ranked();
        }
        return finish();
    }

  private:
    std::vector<LayerBudget> layers() const {
        const std::vector<std::optional<double>> own = own_targets(request_);
        std::vector<LayerBudget> layers;
        for (std::size_t i = 0; i < weights_.size(); ++i) {
            const Candidate& candidate = request_.weights[i];
            const auto table = request_.sensitivity.find(candidate.name);
            layers.push_back({.name = candidate.name,
                              .shape = candidate.shape,
                              .count = masks_[i].count(),
                              .left = weights_[i].weights_left(),
                              .macs = candidate.macs_per_element,
                              .own = own[i],
                              .sensitivity = table == request_.sensitivity.end() ? nullptr : &table->second,
                              .scores = &weights_[i]});
        }
        return layers;
    }

    void write_patterns() {
        const Arguments& pattern = choices_.grain.arguments;
        for (std::size_t i = 0; i < weights_.size(); ++i) {
            write_pattern(weights_[i], pattern.a, pattern.b, masks_[i], threads_);
        }
        const double sparsity = 1 - static_cast<double>(pattern.a) / static_cast<double>(pattern.b);
        const Target& target = request_.target;
        const bool agrees = target.sparsity && std::abs(*target.sparsity - sparsity) < 1e-9;
        if (!(target.sparsity || target.rate || target.weights || target.macs)) return;
        notes_.push_back(
            fmt::format("granularity \"{}\" itself decides how much goes, {:.4g} % of every layer: {}",
                        choices_.grain.text, 100 * sparsity,
                        agrees ? "what the target asks for, too" : "the target is ignored"));
    }

    void write_within_outputs() {
        const std::vector<std::optional<double>> own = own_targets(request_);
        for (std::size_t i = 0; i < weights_.size(); ++i) {
            Target target = request_.target;
            if (own[i]) (target.rate ? target.rate : target.sparsity) = own[i];
            write_outputs(weights_[i], target, floor_, masks_[i], threads_);
        }
    }

    void write_ranked() {
        const std::vector<Pool> pools = choices_.scope.spend(layers(), request_.target, threads_);
        std::vector<PoolResult> results(pools.size());
        // Small pools are worked on side by side, each by one thread; a large one by all threads.
        std::vector<std::size_t> small;
        for (std::size_t i = 0; i < pools.size(); ++i) {
            if (share_of_all(pools[i]) > 0.25) {
                results[i] = cut_pool(pools[i], weights_, floor_, masks_, threads_);
            } else {
                small.push_back(i);
            }
        }
        parallel_for(
            static_cast<std::int64_t>(small.size()), threads_, [&](std::int64_t begin, std::int64_t end) {
                for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
                    results[small[i]] = cut_pool(pools[small[i]], weights_, floor_, masks_, 1);
                }
            });
        units_cut_.resize(weights_.size());
        for (std::size_t i = 0; i < pools.size(); ++i) {
            notes_.insert(notes_.end(), results[i].notes.begin(), results[i].notes.end());
            for (std::size_t j = 0; j < pools[i].layers.size(); ++j) {
                units_cut_[pools[i].layers[j]] = results[i].taken[j].units;
            }
        }
    }

    double share_of_all(const Pool& pool) const {
        std::int64_t own = 0;
        for (const std::size_t layer : pool.layers) own += masks_[layer].count();
        return static_cast<double>(own) / static_cast<double>(count_);
    }

    Plan finish() {
        Plan plan;
        plan.notes = std::move(notes_);
        for (const auto& [size, names] : fitted_)
            plan.notes.push_back(
                fmt::format("{} no room for granularity \"{}\", cut in {}: {}",
                            names.size() == 1 ? "1 weight has" : fmt::format("{} weights have", names.size()),
                            choices_.grain.text, size, shortened(names)));
        if (request_.current != nullptr) plan.masks = *request_.current;
        for (std::size_t i = 0; i < weights_.size(); ++i) {
            const Candidate& candidate = request_.weights[i];
            plan.layers.push_back({.name = candidate.name,
                                   .count = masks_[i].count(),
                                   .kept = masks_[i].kept(),
                                   .units = weights_[i].units(),
                                   .units_kept = units_kept(i)});
            plan.masks.insert(candidate.name, std::move(masks_[i]));
        }
        return plan;
    }

    std::int64_t units_kept(std::size_t layer) const {
        const UnitScores& weight = weights_[layer];
        if (!units_cut_.empty()) return weight.units_left() - units_cut_[layer];
        return count_units(weight.tiling(), masks_[layer], threads_);
    }

    const Request& request_;
    const Choices& choices_;
    std::vector<UnitScores> weights_;
    std::vector<Mask> masks_;
    std::vector<std::int64_t> units_cut_;  // by layer; empty where that is not known
    std::vector<std::string> notes_;
    std::map<std::string, std::vector<std::string>> fitted_;  // size: weights cut in it, as they are narrower
    std::int64_t count_ = 0;
    std::int64_t floor_ = 1;
    int threads_ = 0;
};

}  // namespace

namespace {

Plan plan_arranged(const Request& request) {
    const Choices choices = look_up(request);
    check(request, choices);
    return Planner(request, choices).run();
}

}  // namespace

Plan plan(const Request& request) {
    if (!Arranged::is_needed(request)) return plan_arranged(request);
    check_weights(request.weights, request.current);
    const Arranged arranged(request);
    return arranged.stored(plan_arranged(arranged.request()));
}

}  // namespace espalier::prune
