// A key that a recipe sets and nobody reads is a mistake. The tables' entries say which keys they read
// (base/read_key.h).
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lottery/control.h"
#include "lottery/plan/check.h"
#include "lottery/retraining.h"
#include "prune/criterion.h"
#include "prune/scheduling/schedule.h"
#include "prune/scope.h"
#include "train/learning_rate.h"
#include "train/loss.h"
#include "train/optimizer.h"
#include "train/regularizer.h"

namespace espalier::lottery {
namespace {

/// The entry that a recipe takes of one table.
struct Chosen {
    std::string title;  // `optimizer "adam"`
    std::vector<ReadKey> reads;
};

bool is_set(const Recipe& recipe, std::string_view key) { return !recipe.own_value(key).empty(); }

bool entry_reads(const Chosen& chosen, const Recipe& recipe, std::string_view key) {
    return std::ranges::any_of(chosen.reads, [&](const ReadKey& one) {
        return one.key == key && (one.with.empty() || is_set(recipe, one.with)) &&
               std::ranges::none_of(one.without, [&](auto other) { return is_set(recipe, other); });
    });
}

/// Goes over the tables whose entries a recipe chooses from.
class Walk {
  public:
    /// `recipe` has names that are known.
    explicit Walk(const Recipe& recipe) {
        take(train::optimizers(), recipe.train.optimizer.name);
        take(train::losses(), recipe.train.loss);
        take(train::learning_rates(), recipe.train.schedule);
        for (const train::Regularizer* one : train::regularizers()) {
            note_keys(one->reads, fmt::format("regularizer \"{}\", which is off,", one->name));
            if (recipe.regularize.*one->strength > 0) add(train::regularizers(), *one);
        }
        if (recipe.prune.rounds == 0) return;
        for (const std::string& name : recipe.experiment.controls) take(controls(), name);
        take(prune::criteria(), recipe.prune.criterion);
        take(prune::scopes(), recipe.prune.scope);
        take(prune::schedules(), recipe.prune.schedule);
        const prune::Schedule& schedule = prune::schedules().get(recipe.prune.schedule);
        for (const Retraining* one : retraining()) {
            if (!schedule.retrains)
                note_keys(one->reads,
                          fmt::format("schedule \"{}\", which has no retraining,", schedule.name));
        }
        if (schedule.retrains) take(retraining(), recipe.retrain.mode);
    }

    /// Keys that some entry of these tables reads -> who does not.
    const std::map<std::string, std::string>& keys() const { return keys_; }
    const std::vector<Chosen>& chosen() const { return chosen_; }

    bool reads(const Recipe& recipe, const std::string& key) const {
        return std::ranges::any_of(chosen_, [&](const Chosen& one) { return entry_reads(one, recipe, key); });
    }

  private:
    template <class Entry>
    void add(const Table<Entry>& table, const Entry& entry) {
        chosen_.push_back(
            {fmt::format("{} \"{}\"", table.kind(), entry.name), {entry.reads.begin(), entry.reads.end()}});
    }

    template <class Entry>
    void take(const Table<Entry>& table, const std::string& name) {
        add(table, table.get(name));
        for (const Entry* entry : table) note_keys(entry->reads, chosen_.back().title);
    }

    void note_keys(std::span<const ReadKey> reads, const std::string& title) {
        for (const ReadKey& one : reads) keys_.emplace(one.key, title);
    }

    std::map<std::string, std::string> keys_;
    std::vector<Chosen> chosen_;
};

/// Why nobody reads the key: what its entry lacks, or that there is none.
std::string reason(const Walk& walk, const Recipe& recipe, const std::string& key) {
    for (const Chosen& chosen : walk.chosen()) {
        for (const ReadKey& one : chosen.reads) {
            if (one.key != key) continue;
            if (!one.with.empty()) return fmt::format(": {} reads it only with {}", chosen.title, one.with);
            for (const std::string_view other : one.without) {
                if (is_set(recipe, other))
                    return fmt::format(": {} does not read it where {} is set", chosen.title, other);
            }
        }
    }
    return fmt::format(": {} does not read it", walk.keys().at(key));
}

}  // namespace

void check_keys(const Recipe& recipe, const Recipe* base) {
    const Walk walk(recipe);
    for (const auto& [key, who] : walk.keys()) {
        const std::string own = recipe.own_value(key);
        const bool inherited = base != nullptr && base->own_value(key) == own;
        if (own.empty() || inherited || walk.reads(recipe, key)) continue;
        const bool is_for_arms = std::ranges::any_of(
            recipe.arms, [&, &name = key](const Recipe& arm) { return Walk(arm).reads(arm, name); });
        if (!is_for_arms) recipe.fail(key, reason(walk, recipe, key));
    }
    for (const Chosen& chosen : walk.chosen()) {
        for (const ReadKey& one : chosen.reads) {
            if (one.needed && !is_set(recipe, one.key))
                recipe.fail(one.key, fmt::format(": {} needs it", chosen.title));
        }
    }
}

}  // namespace espalier::lottery
