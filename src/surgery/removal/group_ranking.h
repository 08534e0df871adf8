// Which coupled units go: criteria score the elements of weights, as they do for masks; a unit's score is
// made of all of its slices; scopes and targets of prune/ spend the budget over groups, as over layers.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "espalier/prune.h"
#include "graph/coupling/axis_groups.h"

namespace espalier::surgery {

/// How a unit's score is made of its slices', each of which has the unit norm of its elements' scores: sum,
/// mean, max, or first, that of the weight whose outputs the units are.
enum class Combine : std::uint8_t { sum, mean, max, first };
/// Throws InvalidArgument.
Combine combine_named(std::string_view name);

struct GroupScoring {
    std::string criterion = "magnitude";
    std::string unit_norm = "l1";
    Combine combine = Combine::sum;
    std::uint64_t seed = 0;
    /// Where it is given, scores of the units of these groups, in the place of a criterion's.
    std::function<std::map<const CoupledGroup*, std::vector<float>>(std::span<const CoupledGroup* const>)>
        score_units = {};
};

/// How much goes, and where from.
struct GroupBudget {
    std::string scope = "global";
    prune::Target target = {};  // in shares of units (layer-wise), or of all their weights (global)
    std::map<std::string, double> own_targets = {};  // of groups, by name
    prune::Sensitivity sensitivity = {};
    std::int64_t floor = 1;
    std::int64_t multiple = 1;                        // of which widths are to be, where they shrink
    std::map<std::string, std::int64_t> widths = {};  // of groups by name: exactly so wide
};

class GroupRanking {
  public:
    /// Units with a score, of one group.
    struct Ranked {
        const CoupledGroup* group = nullptr;
        std::int64_t weights = 0;        // prunable ones of each unit
        std::int64_t width = 0;          // channels that a unit is, along the axis of its first slice
        std::vector<float> scores = {};  // of each unit; of those that are gone, nothing
        std::vector<bool> gone = {};     // before
    };

    /// Ranks the units of all groups that can go. `weights` are the prunable ones that count, with the
    /// signals that the criterion reads; a group with a part in one of `kept` stays whole. Units that
    /// `current` prunes whole are gone. `groups` outlive the ranking. Throws InvalidArgument.
    GroupRanking(const AxisGroups& groups, std::span<const prune::Candidate> weights,
                 std::span<const std::string> kept, const prune::MaskSet* current, const GroupScoring& how);

    const std::vector<Ranked>& groups() const { return ranked_; }
    /// Why none of the group's units can go; "" where some can.
    std::string left_out(const CoupledGroup& group) const;

    struct Choice {
        std::vector<std::vector<bool>> left;  // by group, by unit
        std::vector<std::string> notes;

        std::vector<const CoupledUnit*> gone(const GroupRanking& ranking) const;
    };
    /// Throws InvalidArgument for targets that cannot be, and for names that are no groups.
    Choice choose(const GroupBudget& budget) const;

  private:
    void score(std::span<const prune::Candidate> weights, const prune::MaskSet* current,
               const GroupScoring& how);
    prune::Request request(const GroupBudget& budget, prune::MaskSet& current) const;
    void resize(Choice& choice, const GroupBudget& budget) const;

    std::map<const CoupledGroup*, std::string> left_out_;
    std::vector<Ranked> ranked_;
    std::vector<std::vector<float>> rows_;  // of each group: a row a unit, its score in every place
};

/// `masks` without the elements of these units' slices.
prune::MaskSet without_units(prune::MaskSet masks, std::span<const CoupledUnit* const> units);

/// Units that these masks prune whole, so that they can be taken out; those of a group that would be emptied
/// are not among them.
std::vector<const CoupledUnit*> pruned_units(const AxisGroups& groups, const prune::MaskSet& masks);

/// For AxisGroups::without().
std::vector<std::size_t> ids_of(std::span<const CoupledUnit* const> units);

}  // namespace espalier::surgery
