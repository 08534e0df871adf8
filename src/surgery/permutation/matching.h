// Two networks of one architecture, of which one is permuted to be like the other: units of a layer may stand
// in any order if all that is coupled with them follows (graph/coupling/axis_groups.h), also through residual
// sums.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "espalier/mask.h"
#include "surgery/permutation/units.h"

namespace espalier::surgery {

class Matching {
  public:
    /// Nothing is moved yet. `graph` outlives this.
    explicit Matching(const Graph& graph);

    /// Units of one kind, which can change places among themselves.
    struct Kind {
        std::string name;  // the first weight whose outputs they are
        Units units;
        std::vector<std::int64_t> places;  // the unit that comes to the place of each
    };
    const std::vector<Kind>& kinds() const { return kinds_; }

    /// Weight matching (Ainsworth et al. 2022, "Git Re-Basin: Merging Models modulo Permutation Symmetries",
    /// algorithm 1): the permutation P that makes sum over parameters <to, P from> greatest, kind by kind,
    ///   P_k = argmax over assignments of sum_i L_i,P(i),  L_ij = sum over slices <to slice i, from slice j>,
    /// with the others as they are, until none gains. A step that loses, which a kind that has both sides of
    /// a weight can take, is not taken. Trainable parameters count; running statistics do not.
    void match_weights(const Weights& to, const Weights& from);

    /// For each kind, worth [units, units] of unit j of the one in the place of unit i of the other; one
    /// assignment each. Empty: the kind stays.
    void match(const std::function<std::vector<double>(const Kind& kind)>& worth);

    /// sum over parameters <to, P from> / (|to| |from|): 1 for the same network.
    double likeness(const Weights& to, const Weights& from) const;

    Weights moved(Weights weights) const;
    prune::MaskSet moved(const prune::MaskSet& masks) const;

  private:
    std::vector<double> worth_of(const Kind& kind, const Weights& to, const Weights& from,
                                 const std::set<std::string>& names) const;
    std::set<std::string> settled(const Kind& kind, const std::set<const Kind*>& matched) const;
    double product(const Weights& a, const Weights& b) const;

    std::set<std::string> parameters_;
    AxisGroups groups_;
    std::vector<Kind> kinds_;
};

}  // namespace espalier::surgery
