// What a layer multiplies with its weight, as a matrix: a row for every use of the weight, a column for every
// input of an output. Of a convolution the rows are its windows, padding included (of a transposed one what
// each output sees, with zeros between), and each group has a matrix of its own.
#pragma once

#include <cstdint>
#include <vector>

#include "espalier/graph.h"
#include "graph/spatial/images.h"

namespace espalier::calibrate {

/// In which order the columns of a convolution's matrix come.
enum class ColumnOrder : std::uint8_t {
    as_stored,       // input channel, then place in the kernel
    channels_within  // place in the kernel, then input channel: N:M groups channels at one place
};

class InputRows {
  public:
    /// `x`: what `node` multiplies its input `input` with, a weight of this shape: of a Conv, ConvTranspose,
    /// Gemm, MatMul (also on its left), or the first weight of an LSTM, GRU or RNN. Must outlive it. Throws
    /// Unsupported, naming the node, for other nodes, for a MatMul with a weight of more than two dimensions
    /// and for inputs that are not f32.
    InputRows(const Node& node, const Shape& weight, const Tensor& x,
              ColumnOrder order = ColumnOrder::as_stored, std::size_t input = 1);
    /// Of rows [groups, count, width] as they are.
    explicit InputRows(const Tensor& rows);

    std::int64_t groups() const { return groups_; }
    std::int64_t count() const { return count_; }  // of each group
    std::int64_t width() const { return width_; }
    /// Rows `first` up to `first` + `count` of a group, one after the other, to `to`.
    void copy(std::int64_t group, std::int64_t first, std::int64_t count, float* to, int threads) const;
    /// The same where they lie so already; null where they do not.
    const float* in_place(std::int64_t group, std::int64_t first) const {
        return form_ == Form::rows ? x_ + (group * count_ + first) * width_ : nullptr;
    }

  private:
    enum class Form : std::uint8_t { rows, columns, windows, spread };

    void set_columns(std::int64_t width, std::int64_t each, const Tensor& x);
    void set_windows(const Node& node, const Shape& weight, const Shape& x);
    void set_spread(const Node& node, const Shape& weight, const Shape& x);
    void copy_windows(std::int64_t group, std::int64_t first, std::int64_t count, float* to) const;
    void copy_spread(std::int64_t group, std::int64_t first, std::int64_t count, float* to) const;
    /// Calls visit(the channels of the group, place of the output, columns of the row) for each row.
    template <class Visit>
    void each_place(std::int64_t group, std::int64_t first, std::int64_t count, float* to,
                    const Visit& visit) const;

    const float* x_;
    Form form_ = Form::rows;
    std::int64_t groups_ = 1, count_ = 0, width_ = 0;
    std::int64_t columns_ = 0;  // Form::columns: rows that lie beside one another, of matrices in a stack
    // Of a convolution.
    ColumnOrder order_ = ColumnOrder::as_stored;
    std::int64_t channels_ = 0;  // of one group
    std::int64_t all_channels_ = 0;
    std::array<WindowAxis, 3> axes_;
    Volume image_{1, 1, 1}, taps_{1, 1, 1}, places_{1, 1, 1};
};

}  // namespace espalier::calibrate
