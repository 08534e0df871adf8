// The order of work: look up names, check, score lazily, let the scope divide, cut, write bits, count.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/files.h"
#include "espalier/error.h"
#include "espalier/prune.h"
#include "prune/count_units.h"
#include "prune/cut.h"
#include "prune/outputs.h"
#include "prune/pattern.h"
#include "prune/request.h"
#include "prune/write_mask.h"

namespace espalier::prune {
namespace {

class Planner {
  public:
    Planner(const Request& request, const Choices& choices) : request_(request), choices_(choices) {
        weights_.reserve(request.weights.size());
        for (const Candidate& candidate : request.weights) {
            const bool has_mask = request.current != nullptr && request.current->contains(candidate.name);
            const Mask* const current = has_mask ? &request.current->at(candidate.name) : nullptr;
            const Scored scored{candidate, layout_of(candidate), request.seed, current};
            const Granularity& granularity = choices.grain.granularity;
            const Tile tile = choices.is_pattern()
                                  ? Tile{1, 1}
                                  : granularity.tile(choices.grain.arguments, candidate, scored.layout);
            weights_.emplace_back(scored, choices.criterion, choices.norm, tile, request.threads);
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
            write_pattern(weights_[i], pattern.a, pattern.b, masks_[i], request_.threads);
        }
        const double sparsity = 1 - static_cast<double>(pattern.a) / static_cast<double>(pattern.b);
        const Target& target = request_.target;
        const bool agrees = target.sparsity && std::abs(*target.sparsity - sparsity) < 1e-9;
        if (agrees || !(target.sparsity || target.rate || target.weights || target.macs)) return;
        notes_.push_back(
            fmt::format("granularity \"{}\" fixes how much goes: {:.4g} of every layer, whatever the target",
                        choices_.grain.text, sparsity));
    }

    void write_within_outputs() {
        const std::vector<std::optional<double>> own = own_targets(request_);
        for (std::size_t i = 0; i < weights_.size(); ++i) {
            Target target = request_.target;
            if (own[i]) (target.rate ? target.rate : target.sparsity) = own[i];
            write_outputs(weights_[i], target, floor_, masks_[i], request_.threads);
        }
    }

    void write_ranked() {
        const std::vector<LayerBudget> budgets = layers();
        const std::vector<Pool> pools = choices_.scope.spend(budgets, request_.target, request_.threads);
        decided_.resize(weights_.size());
        for (const Pool& pool : pools) cut_pool(pool);
        std::vector<Decided> all;
        for (std::size_t i = 0; i < weights_.size(); ++i) {
            if (decided_[i].cut == nullptr) continue;
            decided_[i].scores = &weights_[i];
            decided_[i].mask = &masks_[i];
            all.push_back(decided_[i]);
        }
        write_masks(all, request_.threads);
    }

    double cost_of(const Pool& pool, std::size_t layer) const {
        return pool.in_macs ? request_.weights[layer].macs_per_element : 1;
    }

    const Cut* keep(Cut cut) {
        cuts_.push_back(std::make_unique<Cut>(std::move(cut)));
        return cuts_.back().get();
    }

    /// Cuts a pool, takes the layers that fall below their floor out of it, and cuts the others for them,
    /// until none does. A layer that is at its floor stays there: the others can only lose more.
    void cut_pool(const Pool& pool) {
        std::vector<std::size_t> open = pool.layers;
        double budget = pool.cut;
        while (!open.empty()) {
            std::vector<Entrant> entrants;
            for (const std::size_t layer : open) entrants.push_back({&weights_[layer], cost_of(pool, layer)});
            const Cut* const cut = keep(find_cut(entrants, Measure::weights, budget, request_.threads));
            std::vector<std::size_t> rest;
            for (std::size_t i = 0; i < open.size(); ++i) {
                decided_[open[i]] = {.cut = cut, .entrant = i};
                if (weights_[open[i]].units_left() - cut->taken[i].units >= floor_ ||
                    cut->taken[i].units == 0) {
                    rest.push_back(open[i]);
                } else {
                    budget -= cut_to_floor(open[i]) * cost_of(pool, open[i]);
                }
            }
            if (rest.size() == open.size()) return;
            open = std::move(rest);
        }
        // Every layer is at its floor, and there was more to cut.
        if (budget >= 1) {
            notes_.push_back(fmt::format("{} {} fewer than asked went: every layer is at its floor",
                                         with_commas(static_cast<std::int64_t>(budget)),
                                         pool.in_macs ? "multiply-adds" : "weights"));
        }
    }

    /// Weights that go.
    double cut_to_floor(std::size_t layer) {
        const UnitScores& weight = weights_[layer];
        const std::int64_t stay = std::min(floor_, weight.units_left());
        const Entrant entrant{&weight};
        const Cut* const cut =
            keep(find_cut({&entrant, 1}, Measure::units, static_cast<double>(weight.units_left() - stay),
                          request_.threads));
        decided_[layer] = {.cut = cut, .entrant = 0};
        notes_.push_back(fmt::format("\"{}\" hit its floor: it keeps {} of {} units, and was to lose more",
                                     weight.name(), stay, with_commas(weight.units())));
        return static_cast<double>(cut->taken[0].weights);
    }

    Plan finish() {
        Plan plan;
        plan.notes = std::move(notes_);
        if (request_.current != nullptr) plan.masks = *request_.current;
        for (std::size_t i = 0; i < weights_.size(); ++i) {
            const Candidate& candidate = request_.weights[i];
            plan.layers.push_back(
                {.name = candidate.name,
                 .count = masks_[i].count(),
                 .kept = masks_[i].kept(),
                 .units = weights_[i].units(),
                 .units_kept = count_units(weights_[i].tiling(), masks_[i], request_.threads)});
            plan.masks.insert(candidate.name, std::move(masks_[i]));
        }
        return plan;
    }

    const Request& request_;
    const Choices& choices_;
    std::vector<UnitScores> weights_;
    std::vector<Mask> masks_;
    std::vector<Decided> decided_;
    std::vector<std::unique_ptr<Cut>> cuts_;
    std::vector<std::string> notes_;
    std::int64_t floor_ = 1;
};

}  // namespace

Plan plan(const Request& request) {
    const Choices choices = look_up(request);
    check(request, choices);
    return Planner(request, choices).run();
}

}  // namespace espalier::prune
