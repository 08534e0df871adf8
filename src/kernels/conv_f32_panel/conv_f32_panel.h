// Y[n][o] = f(bias[o] + sum_k W[o][k] * X[n][k] + R[n][o]), a convolution with sparse W: for 64 positions
// of the output at a time, k over the channels and taps of the window.
//
// What a block of columns of W reads is packed into a panel in the L1 cache, as [column][64 positions], and
// then it is the product of spmm_f32_panel. Packing costs two moves a column, which all outputs share;
// unaligned loads from the image itself would cost each of them (half of the speed, measured on Zen 4).
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/conv_f32_panel/conv_shape.h"
#include "kernels/conv_f32_panel/panel_division.h"
#include "kernels/packed_rows.h"
#include "kernels/spmm_f32_panel/spmm_f32_panel.h"

namespace espalier::kernels {

/// What becomes of the sums: a residual is added, then a function is taken, then the result is clamped.
struct ConvFinish {
    enum class Function : unsigned char {
        none,
        swish,       // x / (1 + e^-x)
        hard_swish,  // x * clamp(x / 6 + 1 / 2, 0, 1)
    };
    const float* residual = nullptr;  // as Y; may be Y itself
    Function function = Function::none;
    float low = -std::numeric_limits<float>::infinity();
    float high = std::numeric_limits<float>::infinity();

    bool clamps() const {
        return low != -std::numeric_limits<float>::infinity() ||
               high != std::numeric_limits<float>::infinity();
    }
};

class ConvF32Panel {
  public:
    static constexpr std::int64_t kMostLanes = 64;
    /// Of a panel, for weights in such units. Of single rows narrower ones are as fast at best: packing and
    /// finishing rows weigh more.
    static std::int64_t best_lanes(int unit) { return unit == 1 ? kMostLanes : panel_lanes(unit); }

    /// Weights of each group, a row an output and shape.columns() columns, all in as many parts, which
    /// threads share beside panels: where these are few, in parts_for(). A panel is of at most `lanes`, a
    /// multiple of 16. Throws InvalidArgument where they do not fit the shape.
    ConvF32Panel(const ConvShape& shape, std::vector<std::shared_ptr<const PackedRows>> groups, int threads,
                 std::int64_t lanes);

    /// Parts of weights in such units so that threads have about the same to do, as few as that takes: every
    /// part packs its panels anew.
    static int parts_for(const ConvShape& shape, int threads, int unit);

    std::size_t scratch_bytes() const;
    /// X and Y row-major. Zeros in W are skipped, so 0 * Inf and 0 * NaN count as 0. Every output is summed
    /// in one order, so the result does not depend on the threads.
    void run(const float* x, float* y, const ConvFinish& finish, std::byte* scratch) const noexcept;

  private:
    std::int64_t thread_floats() const;
    struct Piece {
        std::int64_t part, group, panel;
    };
    void run_panel(const Piece& piece, const float* input, float* y, const ConvFinish& finish,
                   float* scratch) const noexcept;

    ConvShape shape_;
    ConvInput input_;
    std::vector<std::shared_ptr<const PackedRows>> groups_;
    int threads_;
    std::int64_t lanes_;  // of a panel, at most
    PanelDivision panels_;
    std::int64_t block_columns_ = 0;     // the most of a block
    std::vector<std::int64_t> offsets_;  // of each column
};

/// The instruction set it runs with: "avx2".
std::string conv_f32_panel_instruction_set();

/// The same in plain loops over dense W [groups * outputs][columns], summed in double.
void conv_f32_panel_reference(const ConvShape& shape, std::span<const float> w, std::span<const float> bias,
                              const float* x, const ConvFinish& finish, double* y);

}  // namespace espalier::kernels
