// Weights that are not one matrix in the order of their memory, as matrices that are: copies of what lies in
// another order, and a candidate for every part.
#pragma once

#include <list>
#include <vector>

#include "espalier/prune.h"

namespace espalier::prune {

/// Where an element of the arranged tensor stands in the stored one, for each in order; empty if they are the
/// same.
std::vector<std::int64_t> positions_of(const WeightForm& form);

/// "lstm.W[forward i]"; the weight's own name where it has no parts.
std::string part_name(const Candidate& whole, std::size_t part);

/// A request of arranged candidates, and the way back for what is planned for them.
class Arranged {
  public:
    /// `request` must outlive it. Throws InvalidArgument for forms that do not fit their weights.
    explicit Arranged(const Request& request);

    const Request& request() const { return arranged_; }
    /// Masks of the stored tensors, by their own names.
    Plan stored(Plan plan) const;

    /// Whether any candidate needs it.
    static bool is_needed(const Request& request);

  private:
    struct Piece {
        std::size_t candidate;   // of the stored request
        std::int64_t first = 0;  // of its elements, in the arranged order
    };

    void add(std::size_t index);
    void add_part(const Candidate& whole, std::size_t part, std::size_t parts,
                  const std::vector<std::int64_t>& at);
    void name_targets();

    const Request& stored_;
    Request arranged_;
    MaskSet current_;
    std::vector<Piece> pieces_;                  // one an arranged candidate
    std::list<std::vector<float>> copies_ = {};  // that candidates point into
};

}  // namespace espalier::prune
