// A layer that slices were removed from, against what it was: what each sees over the same examples, and the
// weights with which the smaller one gives what the larger one gave.
//   least squares: (A + d) D = C - A W1, W = W1 + D, A = cov(X1, X1), C = cov(X1, Y), Y = X0 W0; b by the
//     means. Where outputs are added to what an earlier layer gave, R, Y = X0 W0 + R0 - R1: the sum is to be
//     what it was. d is what makes the fit to one half of the rows best for the other half; of few rows and
//     very wide layers 0.01 of the mean variance
//   statistics: W = W1 s, s = deviation of X0 W0 over that of X1 W1, of each output; b by the means
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "calibrate/linear/gram.h"
#include "calibrate/linear/ridge.h"
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
    void copy_row(const Tensor& weight, std::int64_t output, float* to) const;
    void set_row(Tensor& weight, std::int64_t output, const float* row) const;
    int axis() const { return axis_; }

  private:
    std::size_t at(std::int64_t output, std::int64_t input) const {
        return static_cast<std::size_t>(axis_ == 0 ? output * inputs_ + input : input * outputs_ + output);
    }

    std::int64_t outputs_, groups_ = 1, inputs_;
    int axis_;
};

class LayerMatch {
  public:
    enum class Fit : std::uint8_t { statistics, least_squares };

    /// `kept_outputs`: of the layer before, those that are left. All must outlive this. Throws Unsupported
    /// where outputs of one group come from several, and for more than kWidest inputs.
    LayerMatch(const Node& old, const Tensor& old_weight, const Node& now, Tensor& weight,
               const std::vector<std::int64_t>& kept_outputs, Fit fit, int threads);

    /// What a layer sees of a batch.
    struct Seen {
        const Tensor* inputs = nullptr;
        const Tensor* residual = nullptr;  // that its outputs are added to; null: none, or not known
    };
    /// One of `batches` batches: of the layer before, and now. Of more rows than tell the weights,
    /// such as the windows of large images, some are taken, spread evenly. Throws as InputRows does, and
    /// Unsupported where the two have not as many rows.
    void add(const Seen& before, const Seen& now, std::size_t batches);

    /// Changes the weight and returns what outputs are to be shifted by. At the end.
    std::vector<double> fit();

  private:
    struct Sums {
        double sum = 0, squares = 0;

        void add(double value) {
            sum += value;
            squares += value * value;
        }
    };
    /// What is summed of rows, for least squares of one half of them.
    struct Half {
        std::vector<float> old_rows, rows;  // of inputs, that wait to be added
        std::vector<float> residuals;       // R0 - R1 of them, a column an output
        std::int64_t waiting = 0;
        std::int64_t count = 0;
        std::vector<Sums> old_sums;  // of outputs before
        Gram gram;                   // X1' X1
        std::vector<double> cross;   // X1' Y0, inputs now x outputs
    };
    /// Outputs that read the same inputs: a group of a convolution.
    struct Group {
        std::vector<float> old_weights, weights;  // rows: outputs x inputs before, and now
        std::vector<std::int64_t> outputs;
        std::int64_t before = 0;  // its number before
        std::vector<Half> halves;
        std::vector<Sums> sums;  // of outputs now: for statistics
    };
    /// Inputs, and residuals of both or of none, as rows.
    struct Rows {
        const InputRows& before;
        const InputRows& now;
        const InputRows* old_residual;
        const InputRows* residual;
    };
    void take(const Rows& rows, std::int64_t first, std::int64_t count, std::size_t half);
    void take_residuals(const Group& group, std::int64_t count, float* to) const;
    void flush(Group& group, Half& to);
    RidgeEquation equation(const Group& group, const Half& half) const;
    /// Of rows in two halves what serves the second best; nothing where no change does.
    std::optional<double> damping_of(const Group& group) const;
    void solve(Group& group) const;
    void scale(Group& group) const;

    const Node& old_;
    const Tensor& old_weight_;
    const Node& now_;
    Tensor& weight_;
    Fit fit_;
    int threads_;
    OutputRows old_outputs_, outputs_;
    std::vector<std::int64_t> kept_outputs_;
    std::vector<Group> groups_;
    std::int64_t most_waiting_ = 0;
    std::int64_t runs_ = 0;  // of rows that were seen
    std::size_t added_ = 0;  // batches
    std::vector<float> product_;
    std::vector<float> old_residuals_, residuals_;  // of all outputs
};

}  // namespace espalier::calibrate
