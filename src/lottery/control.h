// A control trains something that a ticket should beat, under the ticket's own conditions. One file in
// controls/ each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/read_key.h"
#include "base/table.h"
#include "espalier/graph.h"
#include "espalier/mask.h"
#include "lottery/retraining.h"
#include "lottery/stage/context.h"
#include "lottery/stage/stage_files.h"
#include "store/tables/control_fact.h"
#include "train/loop/trainer.h"

namespace espalier::lottery {

/// The ticket that a control stands against; what is asked for is read from its files.
class Ticket {
  public:
    explicit Ticket(StageContext& context) : context_(context) {}

    int level() const { return context_.stage().level(); }
    std::uint64_t seed() const { return context_.seed(); }  // of the replicate
    std::int64_t steps_per_epoch() const { return context_.steps_per_epoch(); }
    std::int64_t last_step() const { return context_.stage().last_step; }

    prune::MaskSet masks() const { return context_.masks_of(context_.stage().parent); }
    /// Of the same level in another replicate; only if the control needs it.
    prune::MaskSet other_masks() const { return context_.masks_of(context_.stage().other); }

    /// The dense network's weights that the ticket began with. Under another mask than the ticket's its own
    /// trained weights would have zeros, these have not.
    Weights survivors() const { return context_.survivors(context_.stage().dense); }
    Weights initial() const { return context_.initial(); }
    /// Of the dense network at the end of its training.
    Weights dense() const;
    /// Initial weights of another seed.
    Weights fresh(std::uint64_t seed) const;
    prune::MaskSet all_kept() const;

    /// As many weights as the ticket has, cut from these by the recipe's criterion at once.
    prune::MaskSet cut(const Weights& weights);
    /// Of these, cut before by `masks`, as many in each layer as `progress` (0 to 1) of the way from all to
    /// the ticket's own leaves.
    prune::MaskSet cut_towards(const Weights& weights, const prune::MaskSet& masks, double progress);
    /// At the end of the ticket's training.
    Weights trained() const { return context_.read(context_.stage().parent, kWeights); }
    /// The dense network of the other replicate at the end of its training; only if the control needs that.
    Weights other_dense() const;
    const Graph& graph() const { return context_.graph(); }
    const data::Dataset& dataset() const { return context_.dataset(); }
    const Recipe& recipe() const { return context_.recipe(); }
    /// Whether whole units are cut, and removed.
    bool removes() const { return context_.recipe().prune.remove; }
    /// As many units of each group at random as the ticket has gone; for a recipe that removes.
    prune::MaskSet random_units();
    /// Something worth knowing, for the report.
    void note(const std::string& text) { context_.pruner().note(text); }

  private:
    StageContext& context_;
};

/// Where a training begins.
struct Start {
    Weights weights;
    prune::MaskSet masks;
};

struct StepRange {
    std::int64_t first = 0;
    std::int64_t last = 0;
};

using Reprune = decltype(train::Job::reprune);

struct Control {
    std::string_view name;
    std::string_view summary;
    std::string_view label;  // in reports
    int position = 0;        // in reports (store::kBehindArms)
    store::Chance chance = store::Chance::nothing;
    /// From where to where it trains, given the ticket's own retraining and the end of the dense training.
    StepRange (*steps)(const RetrainingPlan& ticket, std::int64_t end);
    Start (*start)(Ticket& ticket);
    bool needs_other_replicate = false;
    /// For a control whose mask is found while it trains. `ticket` outlives it.
    Reprune (*reprune)(Ticket& ticket) = nullptr;
    /// What reprune() gives remembers things, so such a stage has no checkpoint.
    bool remembers = false;
    /// It cuts a network by the recipe's criterion itself: one that has not been trained, or one in training.
    enum class Cuts : std::uint8_t { nothing, untrained, in_training } cuts = Cuts::nothing;
    /// It draws single weights, or places, where prune.remove knows whole units only.
    bool draws_weights = false;
    bool moves_units = false;       // of a mask, which blocks and patterns such as 2:4 would not survive
    bool is_gradual = false;        // it cuts single units bit by bit, which a pattern such as 2:4 has not
    std::int64_t least_epochs = 0;  // of the dense training, for the mask to be found
    std::span<const ReadKey> reads = {};
};

/// The usual answers for `steps`.
inline StepRange whole_training(const RetrainingPlan&, std::int64_t end) { return {0, end}; }
inline StepRange as_the_ticket(const RetrainingPlan& ticket, std::int64_t) {
    return {ticket.first_step, ticket.last_step};
}

const Table<Control>& controls();

}  // namespace espalier::lottery
