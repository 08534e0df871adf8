// Y[n][o] = f(bias[o] + sum_k W[o][k] * X[n][k] + R[n][o]), a convolution or a product whose weights are zero
// in whole groups: 16 or 32 neighbouring outputs keep the same columns k (granularities 16x1, 32x1). W and X
// are rounded to bf16, products are summed in f32.
//
// What a group's columns read at 32 or 64 neighbouring positions is gathered from planes of bf16, in pairs of
// columns, and is then an operand of dense products: of tiles on AMX, or of AVX-512 BF16. Rows of padded
// planes follow one another, so every tap of a window is an offset; the positions between rows are computed
// in vain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/conv_bf16_groups/group_tiles.h"
#include "kernels/conv_f32_panel/conv_f32_panel.h"
#include "kernels/conv_planes.h"

namespace espalier::kernels {

/// What does the products.
enum class Bf16Unit : unsigned char { amx, avx512_bf16 };

/// Those of this processor, the faster one first; none where there is no bf16.
std::vector<Bf16Unit> bf16_units();
/// "amx", "avx512_bf16".
const char* name_of(Bf16Unit unit);

/// As ConvFinish, of a residual that lies as Y does.
struct GroupFinish {
    const void* residual = nullptr;  // may be Y itself
    ConvFinish::Function function = ConvFinish::Function::none;
    float low = -std::numeric_limits<float>::infinity();
    float high = std::numeric_limits<float>::infinity();
};

class ConvBf16Groups {
  public:
    /// How X and Y lie in memory: [images][channels][positions], or channels last; f32 or
    /// bf16.
    struct Form {
        bool channels_last = false;
        bool x_bf16 = false, y_bf16 = false;
    };

    /// Whether its input laid out in planes is within reach of offsets of 32 bits.
    static bool reaches(const ConvShape& shape);
    /// Weights of each group of the convolution, shape.outputs rows of shape.columns(). Throws
    /// InvalidArgument where they do not fit the shape, or it is out of reach.
    ConvBf16Groups(const ConvShape& shape, std::vector<std::shared_ptr<const GroupTiles>> groups,
                   const Form& form, Bf16Unit unit, int threads);

    std::size_t scratch_bytes() const;
    /// Columns that a group has left out are not read: there 0 * Inf and 0 * NaN count as 0. The result does
    /// not depend on the number of threads.
    void run(const void* x, void* y, const GroupFinish& finish, std::byte* scratch) const noexcept;

  private:
    bool is_in_place() const;
    std::size_t thread_bytes() const;
    std::size_t planes_bytes() const;
    void prepare(const void* image, std::uint16_t* planes) const noexcept;
    void run_image(const std::uint16_t* planes, void* y, const GroupFinish& finish,
                   std::byte* scratch) const noexcept;

    ConvShape shape_;
    ConvPlanes planes_;
    std::vector<std::shared_ptr<const GroupTiles>> groups_;
    Form form_;
    Bf16Unit unit_;
    int threads_;
    std::vector<std::vector<std::int32_t>> offsets_;  // of each group's columns, in elements
};

}  // namespace espalier::kernels
