// A weight as the matrix that a method works on: outputs by inputs, a group of a convolution at a time, and
// back.
#pragma once

#include <vector>

#include "calibrate/reconstruction.h"
#include "espalier/mask.h"
#include "espalier/prune.h"
#include "prune/units/granularity.h"

namespace espalier::calibrate {

class LayerMatrix {
  public:
    /// Of part `part` of the weight (WeightForm::parts; 0 where there are none), which `layer` describes as
    /// it is stored. Throws InvalidArgument where the units do not fit groups, naming the weight.
    LayerMatrix(const prune::Candidate& layer, std::size_t part, const prune::Grain& grain);

    std::int64_t groups() const { return layout_.groups; }
    std::int64_t outputs() const { return layout_.output_axis == 0 ? layout_.rows_each() : layout_.second(); }
    std::int64_t inputs() const {
        return layout_.output_axis == 0 ? layout_.cols : layout_.rows_each() * layout_.kernel;
    }
    const Units& units() const { return units_; }
    ColumnOrder order() const { return order_; }

    std::vector<float> values(std::int64_t group, std::span<const float> weight) const;
    std::vector<std::uint8_t> bits(std::int64_t group, const prune::Mask& mask) const;
    /// How many of the whole part's.
    std::int64_t kept(const prune::Mask& mask) const;
    void write(std::int64_t group, const LayerProblem& problem, std::span<float> weight,
               prune::Mask& mask) const;

  private:
    /// Calls visit(place in the matrix, place in memory).
    template <class Visit>
    void each(std::int64_t group, const Visit& visit) const {
        const std::int64_t kernel = layout_.kernel;
        const std::int64_t channels = inputs() / kernel;
        for (std::int64_t o = 0; o < outputs(); ++o) {
            for (std::int64_t j = 0; j < inputs(); ++j) {
                const bool is_stored = order_ == ColumnOrder::as_stored;
                const std::int64_t channel = is_stored ? j / kernel : j % channels;
                const std::int64_t tap = is_stored ? j % kernel : j / channels;
                const std::int64_t at = layout_.output_axis == 0
                                            ? (group * outputs() + o) * layout_.cols + channel * kernel + tap
                                            : (group * channels + channel) * layout_.cols + o * kernel + tap;
                visit(static_cast<std::size_t>(o * inputs() + j), stored(first_ + at));
            }
        }
    }
    std::int64_t stored(std::int64_t element) const {
        return positions_.empty() ? element : positions_[static_cast<std::size_t>(element)];
    }

    prune::Layout layout_;
    Units units_;
    ColumnOrder order_ = ColumnOrder::as_stored;
    std::int64_t first_ = 0;               // element of the weight that the part begins with
    std::vector<std::int64_t> positions_;  // of its elements in memory; empty: as they are
};

}  // namespace espalier::calibrate
