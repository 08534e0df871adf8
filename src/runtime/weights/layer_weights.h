// The constant part of a layer, W and b: of a product y = W x + b, W [outputs, inputs], or of a convolution,
// W [outputs, channels, kernel ...] or [groups, outputs, channels, kernel ...]. One object a layer, shared by
// the plans for all batch sizes. Each form that a kernel wants is made once and lives as long as a kernel has
// it.
#pragma once

#include <map>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "kernels/conv_bf16_groups/group_tiles.h"
#include "kernels/conv_f16_panel/f16_rows.h"
#include "kernels/gemv_halves/gemv_halves.h"
#include "kernels/packed_rows.h"
#include "kernels/spmv_f32_bitmap/spmv_f32_bitmap.h"
#include "kernels/spmv_halves_bitmap/spmv_halves_bitmap.h"
#include "kernels/spmv_halves_csr/spmv_halves_csr.h"
#include "runtime/dense/onednn.h"

namespace espalier::runtime {

class LayerWeights {
  public:
    /// Weights that stay where they are; `w` must outlive this object. One number of `bias` an output.
    LayerWeights(Shape shape, std::span<const float> w, std::vector<float> bias);
    /// Weights that had to be transposed.
    LayerWeights(Shape shape, std::vector<float>&& w, std::vector<float> bias);
    /// Weights that stay where they are, of which those of output o count `scale[o]` times. They are scaled
    /// anew for each form that a kernel wants: to keep them would cost as much memory as they have.
    LayerWeights(Shape shape, std::span<const float> w, std::vector<float> scale, std::vector<float> bias);
    LayerWeights(const LayerWeights&) = delete;
    LayerWeights& operator=(const LayerWeights&) = delete;

    /// Of all groups.
    std::int64_t outputs() const { return static_cast<std::int64_t>(bias_.size()); }
    /// Weights of one output.
    std::int64_t inputs() const { return count() / outputs(); }
    std::int64_t count() const { return static_cast<std::int64_t>(w_.size()); }
    std::int64_t nonzeros() const { return nonzeros_; }
    double density() const { return static_cast<double>(nonzeros_) / static_cast<double>(count()); }
    const std::vector<float>& bias() const { return bias_; }
    /// Whether the nonzeros lie in blocks of so many neighbouring outputs (of `outputs` of a group), so that
    /// few zeros come with them where such outputs are read together.
    bool is_in_blocks(std::int64_t unit, std::int64_t outputs) const;

    /// W in the layout a oneDNN primitive asks for.
    std::shared_ptr<const dnnl::memory> onednn(const dnnl::memory::desc& wanted);
    /// W' [inputs, outputs] of a product likewise.
    std::shared_ptr<const dnnl::memory> onednn_transposed(const dnnl::memory::desc& wanted);
    /// b under this shape.
    std::shared_ptr<const dnnl::memory> onednn_bias(const Shape& shape) const;
    /// A copy of W, a row an output.
    std::vector<float> plain() const;
    /// W and b for the sparse kernels, a row an output.
    std::shared_ptr<const kernels::PackedRows> packed(const kernels::PackedRows::Blocking& blocking);
    /// Of outputs [first, first + count) alone: a group of a convolution.
    std::shared_ptr<const kernels::PackedRows> packed(const kernels::PackedRows::Blocking& blocking,
                                                      std::int64_t first, std::int64_t count);
    /// The same in blocks that suit panels of so many rows of the batch, outputs read together in such units.
    std::shared_ptr<const kernels::PackedRows> packed_for_panels(std::int64_t rows, int unit = 1);
    /// W and b with a bit for each weight, a row an output.
    std::shared_ptr<const kernels::BitmapRows> bitmap();
    /// W and b in the type of 16 bits that holds W exactly; null if there is none.
    std::shared_ptr<const kernels::HalfRows> halves();
    /// The same type.
    std::optional<kernels::HalfType> half_type();
    /// The nonzeros of W, and b, in a type of 16 bits that holds W or is bf16, outputs read together in such
    /// units.
    std::shared_ptr<const kernels::SparseHalves> sparse_halves(kernels::HalfType type, int unit);
    /// The same with a bit for each weight.
    std::shared_ptr<const kernels::HalfBitmapRows> half_bitmap(kernels::HalfType type);
    /// W and b of these outputs in bf16, for kernels whose groups of `unit` outputs keep the same weights.
    std::shared_ptr<const kernels::GroupTiles> group_tiles(int unit, std::int64_t first, std::int64_t count);
    /// W and b of these outputs in f16, in blocks of so many columns; null where f16 cannot hold them.
    std::shared_ptr<const kernels::F16Rows> f16_rows(std::int64_t block_columns, std::int64_t first,
                                                     std::int64_t count);

  private:
    bool has_blocks(std::int64_t unit, std::int64_t outputs) const;
    /// The weights of outputs [first, first + count): themselves, or scaled in `room`.
    std::span<const float> rows(std::int64_t first, std::int64_t count, std::unique_ptr<float[]>& room) const;

    struct Packed {
        kernels::PackedRows::Blocking blocking;
        std::int64_t first = 0, count = 0;
        std::weak_ptr<const kernels::PackedRows> rows;
    };
    template <class Rows>
    struct Halved {
        kernels::HalfType type = kernels::HalfType::bf16;
        int unit = 1;
        std::weak_ptr<const Rows> rows;
    };
    struct Tiled {
        int unit = 0;
        std::int64_t first = 0;
        std::weak_ptr<const kernels::GroupTiles> tiles;
    };
    struct InF16 {
        std::int64_t block_columns = 0, first = 0;
        std::weak_ptr<const kernels::F16Rows> rows;
    };
    Shape shape_;
    std::vector<float> storage_;
    std::span<const float> w_;
    std::vector<float> scale_;  // empty: 1
    std::vector<float> bias_;
    std::int64_t nonzeros_ = 0;
    // By unit and outputs: all weights are looked at, and every new size of the inputs asks.
    mutable std::map<std::pair<std::int64_t, std::int64_t>, bool> in_blocks_;
    OnednnForms forms_, transposed_forms_;  // of a square matrix the two may have one description
    std::vector<Packed> packed_;
    std::weak_ptr<const kernels::BitmapRows> bitmap_;
    std::optional<std::optional<kernels::HalfType>> half_type_;  // once it was asked for
    std::weak_ptr<const kernels::HalfRows> halves_;
    std::vector<Halved<kernels::SparseHalves>> sparse_halves_;
    std::vector<Halved<kernels::HalfBitmapRows>> half_bitmaps_;
    std::vector<Tiled> tiled_;
    std::vector<InF16> in_f16_;
};

}  // namespace espalier::runtime
