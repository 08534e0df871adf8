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
    /// Throws InvalidArgument where the units do not fit groups, naming the weight.
    LayerMatrix(const prune::Candidate& layer, std::int64_t groups, const prune::Grain& grain);

    std::int64_t outputs() const { return layout_.outputs() / groups_; }
    std::int64_t inputs() const { return layout_.output_axis == 0 ? layout_.cols : layout_.rows; }
    const Units& units() const { return units_; }
    ColumnOrder order() const { return order_; }

    std::vector<float> values(std::int64_t group, std::span<const float> weight) const;
    std::vector<std::uint8_t> bits(std::int64_t group, const prune::Mask& mask) const;
    void write(std::int64_t group, const LayerProblem& problem, std::span<float> weight,
               prune::Mask& mask) const;

  private:
    /// Calls visit(place in the matrix, place in memory).
    template <class Visit>
    void each(std::int64_t group, const Visit& visit) const {
        for (std::int64_t o = 0; o < outputs(); ++o) {
            const std::int64_t output = group * outputs() + o;
            for (std::int64_t j = 0; j < inputs(); ++j) {
                std::int64_t at =
                    layout_.output_axis == 0 ? output * layout_.cols + j : j * layout_.cols + output;
                if (order_ == ColumnOrder::channels_within) {
                    const std::int64_t channels = layout_.second();
                    at = output * layout_.cols + j % channels * layout_.kernel + j / channels;
                }
                visit(static_cast<std::size_t>(o * inputs() + j), at);
            }
        }
    }

    prune::Layout layout_;
    std::int64_t groups_;
    Units units_;
    ColumnOrder order_ = ColumnOrder::as_stored;
};

}  // namespace espalier::calibrate
