// What sparse convolutions share: their sizes, and which of the steps behind them their kernels take.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "kernels/conv_f32_panel/conv_f32_panel.h"
#include "runtime/dense/convolution.h"

namespace espalier::runtime {

/// Steps that a kernel takes: a sum, then a function, or one of the two. The others are passes behind it.
struct TakenSteps {
    using Taken = kernels::ConvFinish::Function;

    std::optional<std::size_t> residual;  // the operand that is added
    Taken function = Taken::none;
    float low = -std::numeric_limits<float>::infinity();
    float high = std::numeric_limits<float>::infinity();
    std::vector<PostOperation> others;

    explicit TakenSteps(const std::vector<PostOperation>& after);

  private:
    bool takes(const Function& f);
};

kernels::ConvShape shape_of(const Convolution& conv);

/// Whether the kernels here may copy a channel with its padding: it is not many times as large as the image
/// and what is made of it. Padding and dilation can ask for any size.
bool has_modest_padding(const kernels::ConvShape& shape);

}  // namespace espalier::runtime
