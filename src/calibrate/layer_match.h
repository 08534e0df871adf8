// A layer that slices were removed from, against what it was: what each sees over the same examples, and the
// weights with which the smaller one gives what the larger one gave.
//   least squares: (A + d) D = C - A W1, W = W1 + D, A = cov(X1, X1), C = cov(X1, X0) W0; b by the means
//   statistics: W = W1 s, s = deviation of X0 W0 over that of X1 W1, of each output; b by the means
#pragma once

#include <cstdint>
#include <vector>

#include "calibrate/linear/gram.h"
#include "espalier/graph.h"

namespace espalier::calibrate {

/// A weight as rows of one output each, and which of its groups an output is in.
class OutputRows {
  public:
    OutputRows(const Node& node, const Tensor& weight);

    std::int64_t outputs() const { return outputs_; }
    std::int64_t groups() const { return groups_; }
    std::int64_t inputs() const { return inputs_; }
    std::int64_t group_of(std::int64_t output) const { return output / (outputs_ / groups_); }
    std::vector<double> row(const Tensor& weight, std::int64_t output) const;
    void set_row(Tensor& weight, std::int64_t output, const std::vector<double>& row) const;
    int axis() const { return axis_; }

  private:
    std::int64_t outputs_, groups_ = 1, inputs_;
    int axis_;
};

class LayerMatch {
  public:
    /// `kept_outputs`: of the layer before, those that are left. All must outlive this. Throws Unsupported
    /// where outputs of one group come from several.
    LayerMatch(const Node& old, const Tensor& old_weight, const Node& now, Tensor& weight,
               const std::vector<std::int64_t>& kept_outputs, int threads);

    /// Inputs of one batch: of the layer before, and now. Throws as InputRows does, and Unsupported where
    /// the two have not as many rows, or more than kWidest inputs.
    void add(const Tensor& before, const Tensor& now);

    // Both change the weight and return what outputs are to be shifted by.
    std::vector<double> fit_least_squares();
    std::vector<double> fit_statistics();

  private:
    /// Group g of now is what is left of group before_of_[g] of before.
    const Gram& gram_before(std::size_t g) const { return before_[static_cast<std::size_t>(before_of_[g])]; }
    std::size_t group_of(std::int64_t output) const {
        return static_cast<std::size_t>(rows_.group_of(output));
    }
    std::vector<double> old_row(std::int64_t output) const {
        return old_rows_.row(old_weight_, kept_[static_cast<std::size_t>(output)]);
    }
    /// cov(X1, X0) w0.
    std::vector<double> wanted(std::size_t g, const std::vector<double>& old_row) const;
    std::vector<float> inverse_of(const Gram& gram) const;
    std::vector<double> shifts(const std::vector<std::vector<double>>& rows) const;

    const Node& old_;
    const Tensor& old_weight_;
    const Node& now_node_;
    Tensor& weight_;
    const std::vector<std::int64_t>& kept_;
    int threads_;
    OutputRows old_rows_, rows_;
    std::vector<std::int64_t> before_of_;     // by group
    std::vector<Gram> before_, now_;          // by group of each
    std::vector<std::vector<double>> cross_;  // X1' X0, inputs now x inputs before
};

}  // namespace espalier::calibrate
