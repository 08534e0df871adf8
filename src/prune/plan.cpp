#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/nearest.h"
#include "espalier/error.h"
#include "espalier/prune.h"
#include "prune/criterion.h"
#include "prune/granularity.h"
#include "prune/request.h"
#include "prune/scope.h"

namespace espalier::prune {
namespace {

struct Ranked {
    float score;
    std::size_t layer;
    std::int64_t position;
};

/// Least score first; of equal ones the last in position, so that the earlier one is kept.
bool goes_before(const Ranked& a, const Ranked& b) {
    if (a.score != b.score) return a.score < b.score;
    return std::tie(a.layer, a.position) > std::tie(b.layer, b.position);
}

class Planner {
  public:
    explicit Planner(const Request& request)
        : request_(request),
          criterion_(criteria().get(request.criterion)),
          scope_(scopes().get(request.scope)) {
        granularities().get(request.granularity);
        check(request, scope_);
        for (const Candidate& candidate : request.weights) {
            const bool pruned = request.current != nullptr && request.current->contains(candidate.name);
            masks_.push_back(pruned ? request.current->at(candidate.name) : Mask(candidate.shape));
            left_.push_back(masks_.back().kept());
        }
    }

    Plan run() {
        std::vector<LayerBudget> layers;
        for (std::size_t i = 0; i < masks_.size(); ++i) {
            const auto own = request_.layer_targets.find(request_.weights[i].name);
            layers.push_back({.count = masks_[i].count(), .left = left_[i]});
            if (own != request_.layer_targets.end()) layers.back().own = own->second;
        }
        for (const Pool& pool : scope_.spend(layers, request_.target)) cut(pool);
        Plan plan;
        plan.notes = std::move(notes_);
        if (request_.current != nullptr) plan.masks = *request_.current;
        for (std::size_t i = 0; i < masks_.size(); ++i) {
            plan.masks.insert(request_.weights[i].name, std::move(masks_[i]));
        }
        return plan;
    }

  private:
    std::vector<Ranked> rank(const Pool& pool) const {
        std::vector<Ranked> ranking;
        for (const std::size_t layer : pool.layers) {
            const Candidate& candidate = request_.weights[layer];
            std::vector<float> scores(candidate.weight.size());
            criterion_.score(candidate, request_.seed, 0, scores);
            for (std::int64_t i = 0; i < masks_[layer].count(); ++i) {
                const float score = scores[static_cast<std::size_t>(i)];
                if (!masks_[layer][i]) continue;
                if (std::isnan(score)) {
                    throw InvalidArgument(fmt::format("the {} score of \"{}\" is NaN at position {}",
                                                      criterion_.name, candidate.name, i));
                }
                ranking.push_back({score, layer, i});
            }
        }
        std::ranges::sort(ranking, goes_before);
        return ranking;
    }

    void cut(const Pool& pool) {
        std::int64_t to_cut = pool.cut;
        if (to_cut == 0) return;
        for (const Ranked& weight : rank(pool)) {
            if (to_cut == 0) break;
            if (left_[weight.layer] <= request_.floor) {
                hit_floor_.insert(weight.layer);
                continue;
            }
            masks_[weight.layer].set(weight.position, false);
            --left_[weight.layer];
            --to_cut;
        }
        for (const std::size_t layer : hit_floor_) {
            notes_.push_back(fmt::format("\"{}\" was to lose more: it keeps the floor of {} of {} weights",
                                         request_.weights[layer].name, left_[layer], masks_[layer].count()));
        }
        hit_floor_.clear();
        if (to_cut > 0) notes_.push_back(fmt::format("{} weights fewer than asked were cut: floors", to_cut));
    }

    const Request& request_;
    const Criterion& criterion_;
    const Scope& scope_;
    std::vector<Mask> masks_;
    std::vector<std::int64_t> left_;
    std::set<std::size_t> hit_floor_;
    std::vector<std::string> notes_;
};

}  // namespace

Plan plan(const Request& request) { return Planner(request).run(); }

}  // namespace espalier::prune
