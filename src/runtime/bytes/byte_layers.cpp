// Convolutions and products of 8-bit integers, with what is quantised behind them.
//   real = (sum of (x - zero) (w - zero)) * scale of x * scale of w + bias;  y = saturate(round(real / scale)
//   + zero)
#include <fmt/format.h>

#include <algorithm>

#include "graph/spatial/window.h"
#include "runtime/bytes/byte_lowerings.h"
#include "runtime/bytes/byte_site.h"
#include "runtime/cost_model.h"
#include "runtime/dense/image_layout.h"
#include "runtime/dense/separate_post_operations.h"
#include "runtime/sparse/conv_steps.h"

namespace espalier::runtime {
namespace {

using kernels::ConvShape;

// Inputs of the nodes.
constexpr std::size_t kX = 0;
constexpr std::size_t kW = 3;
constexpr std::size_t kY = 6;
constexpr std::size_t kBias = 8;
constexpr std::size_t kAdded = 9;  // integers

/// How a weight lies: outputs in rows, or in columns.
enum class Rows : unsigned char { outputs, inputs };

/// Less their zero points, as [outputs][taps][channels].
std::vector<std::int16_t> centred(const LoweringContext& site, const ConvShape& shape, Rows rows) {
    const Tensor& weight = *constant_at(site, kW);
    const auto count = static_cast<std::size_t>(weight.count());
    const std::vector<std::int32_t> wide = integers_of(&weight, count);
    const std::int64_t outputs = shape.groups * shape.outputs;
    const std::vector<std::int32_t> zero =
        integers_of(constant_at(site, kW + 2), static_cast<std::size_t>(outputs));
    std::vector<std::int16_t> w(count);
    for (std::int64_t o = 0; o < outputs; ++o) {
        for (std::int64_t c = 0; c < shape.channels; ++c) {
            for (std::int64_t t = 0; t < shape.taps(); ++t) {
                const std::int64_t from =
                    rows == Rows::inputs ? c * outputs + o : (o * shape.channels + c) * shape.taps() + t;
                const std::int64_t to = (o * shape.taps() + t) * shape.channels + c;
                w[static_cast<std::size_t>(to)] = static_cast<std::int16_t>(
                    wide[static_cast<std::size_t>(from)] - zero[static_cast<std::size_t>(o)]);
            }
        }
    }
    return w;
}

/// One value for all outputs, or one for each.
std::vector<float> for_each_output(const Tensor* tensor, std::size_t outputs) {
    std::vector<float> values(outputs, 0.0F);
    if (tensor == nullptr) return values;
    const auto given = tensor->f32();
    for (std::size_t i = 0; i < outputs; ++i) values[i] = given[given.size() == 1 ? 0 : i];
    return values;
}

/// Groups of as many rows as the zeros allow: half as many would leave out hardly more.
QuadWeights quads_for(kernels::ByteUnit processor, const ConvShape& shape, std::span<const std::int16_t> w) {
    constexpr double kMostMore = 1.25;
    const auto of_group = static_cast<std::size_t>(shape.outputs * shape.columns());
    const auto part = [&](std::int64_t group) {
        return w.subspan(static_cast<std::size_t>(group) * of_group, of_group);
    };
    const auto share = [&](int unit) {
        double sum = 0;
        for (std::int64_t group = 0; group < shape.groups; ++group)
            sum += kernels::ByteQuads::share(shape, part(group), unit);
        return sum / static_cast<double>(shape.groups);
    };
    const std::vector<int> rows = kernels::rows_of(processor);
    const double wide = share(rows[0]), narrow = share(rows[1]);
    const std::size_t taken = wide <= kMostMore * narrow ? 0 : 1;
    QuadWeights made{.processor = processor, .unit = rows[taken], .share = taken == 0 ? wide : narrow};
    for (std::int64_t group = 0; group < shape.groups; ++group)
        made.groups.push_back(std::make_shared<const kernels::ByteQuads>(shape, part(group), made.unit));
    return made;
}

bool is_depthwise(const ConvShape& shape) {
    return shape.groups > 1 && shape.channels == 1 && shape.outputs == 1;
}

const ByteWeights& weights_of(const LoweringContext& site, const ConvShape& shape, Rows rows) {
    return site.weights.bytes_at_first([&] {
        const auto outputs = static_cast<std::size_t>(shape.groups * shape.outputs);
        const std::vector<std::int16_t> w = centred(site, shape, rows);
        ByteWeights made{.scale = for_each_output(constant_at(site, kW + 1), outputs),
                         .bias = for_each_output(constant_at(site, kBias), outputs),
                         .count = std::ssize(w),
                         .left = std::ssize(w) - std::ranges::count(w, std::int16_t{0})};
        if (is_depthwise(shape)) {
            made.depthwise = std::make_shared<const kernels::DepthwiseBytes>(shape, w);
        } else {
            made.packed = std::make_shared<const kernels::PackedBytes>(shape, w);
            if (kernels::ByteQuads::fit(w)) {
                for (const kernels::ByteUnit processor : kernels::byte_units())
                    made.quads.push_back(quads_for(processor, shape, w));
            }
        }
        return made;
    });
}

/// What the sums are multiplied with and what is added, for scales of x and y.
struct Affine {
    std::vector<float> scale, shift;

    Affine(const ByteWeights& weights, float x, float y) : scale(weights.scale), shift(weights.bias) {
        for (float& value : scale) value = value * x / y;
        for (float& value : shift) value /= y;
    }
};

/// Any of the kernels.
template <class Conv>
class ByteKernel final : public Kernel {
  public:
    ByteKernel(Conv conv, kernels::ByteQuantum x, Affine affine, const kernels::ByteFinish& finish)
        : conv_(std::move(conv)), x_(x), affine_(std::move(affine)), finish_(finish) {
        finish_.scale = affine_.scale.data();
        finish_.shift = affine_.shift.data();
    }

    std::size_t scratch_bytes() const override { return conv_.scratch_bytes(); }
    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte* scratch) override {
        conv_.run(inputs[0].as<std::uint8_t>(), x_, outputs[0].bytes, finish_, scratch);
    }

  private:
    Conv conv_;
    kernels::ByteQuantum x_;
    Affine affine_;
    kernels::ByteFinish finish_;
};

/// Which operands of a layer hold what is known when it runs.
struct DynamicOperands {
    std::size_t scale, zero;           // of the first one
    std::optional<std::size_t> added;  // integers to the sums of each output
};

/// A layer whose first operand was quantised while running.
template <class Conv>
class DynamicKernel final : public Kernel {
  public:
    DynamicKernel(Conv conv, const ByteWeights& weights, const kernels::ByteFinish& finish,
                  const DynamicOperands& operands)
        : conv_(std::move(conv)),
          weights_(weights),
          finish_(finish),
          at_(operands),
          scale_(weights.scale),
          shift_(weights.bias) {
        finish_.scale = scale_.data();
        finish_.shift = shift_.data();
    }

    std::size_t scratch_bytes() const override { return conv_.scratch_bytes(); }
    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte* scratch) override {
        const float x = *inputs[at_.scale].f32();
        for (std::size_t i = 0; i < scale_.size(); ++i) scale_[i] = weights_.scale[i] * x;
        if (at_.added) {
            const auto* added = inputs[*at_.added].as<std::int32_t>();
            for (std::size_t i = 0; i < shift_.size(); ++i)
                shift_[i] = weights_.bias[i] + static_cast<float>(added[i]) * scale_[i];
        }
        conv_.run(inputs[0].as<std::uint8_t>(), {.zero = *inputs[at_.zero].as<std::uint8_t>()},
                  outputs[0].bytes, finish_, scratch);
    }

  private:
    Conv conv_;
    const ByteWeights& weights_;
    kernels::ByteFinish finish_;
    DynamicOperands at_;
    std::vector<float> scale_, shift_;
};

double predicted_us(const ConvShape& shape) {
    const LayerSize size{
        .batch = shape.images * shape.positions(), .inputs = shape.columns(), .outputs = shape.outputs};
    return predict_bytes_us(size) * static_cast<double>(is_depthwise(shape) ? 1 : shape.groups);
}

/// A kernel of products of quads, which `make` makes of it. What it skips is taken off what conv_i8 is
/// predicted to take, and nothing more: which of the two is faster is to be timed.
template <class Make>
Candidate quad_candidate(const ConvShape& shape, const QuadWeights& weights, const Make& make) {
    const bool sparse = weights.share <= kMostLeft;
    return {.name = fmt::format("conv_i8_quads {}x4 {}", weights.unit, kernels::name_of(weights.processor)),
            .sparse = sparse,
            .unit = weights.unit,
            .single_us = predicted_us(shape) * weights.share,
            .make = [shape, &weights, make](int threads) {
                return make(kernels::ConvI8Quads(shape, weights.groups, threads));
            }};
}

template <class Make>
void add_quads(std::vector<Candidate>& all, const ConvShape& shape, const ByteWeights& weights,
               const Make& make) {
    if (weights.quads.empty() || !kernels::ConvI8Quads::reaches(shape)) return;
    for (const QuadWeights& quads : weights.quads) all.push_back(quad_candidate(shape, quads, make));
}

ConvShape conv_shape(const LoweringContext& site) {
    const Shape& x = site.operands[0].shape;
    Shape w = site.operands[*operand_at(site.node, kW)].shape;
    const Window window =
        Window::of(site.node, w.size() - 2, std::vector<std::int64_t>(w.begin() + 2, w.end()))
            .on(std::span(x).subspan(2));
    const std::int64_t groups = site.node.attribute_int("group", 1);
    if (groups > 1) {
        w[0] /= groups;
        w.insert(w.begin(), groups);
    }
    return shape_of({.input = x, .output = site.output, .weight = std::move(w), .window = window});
}

std::optional<Quantum> given_quantum(const LoweringContext& site) {
    if (!operand_at(site.node, kY)) return {};
    return quantum_at(site, kY, site.dtype);
}

/// `make` makes a Kernel of any of the convolutions.
template <class Make>
std::vector<Candidate> ways(const ConvShape& shape, const ByteWeights& weights, const Make& make) {
    const bool depthwise = is_depthwise(shape);
    std::vector<Candidate> all = {
        {.name = depthwise ? "depthwise_i8 " + weights.depthwise->instruction_set()
                           : "conv_i8 " + weights.packed->instruction_set(),
         .single_us = predicted_us(shape),
         .make = [=, &weights](int threads) {
             return depthwise ? make(kernels::DepthwiseI8(shape, weights.depthwise, threads))
                              : make(kernels::ConvI8(shape, weights.packed, threads));
         }}};
    add_quads(all, shape, weights, make);
    return all;
}

std::vector<Candidate> candidates(const LoweringContext& site, const ConvShape& shape, Rows rows) {
    const ByteWeights& weights = weights_of(site, shape, rows);
    const Quantum x = quantum_at(site, kX + 1, site.operands[0].dtype);
    const auto y = given_quantum(site);
    const kernels::ByteFinish finish = finish_of(site, y);
    const Affine affine(weights, x.scale, y ? y->scale : 1.0F);
    return ways(shape, weights, [=]<class Conv>(Conv conv) -> std::shared_ptr<Kernel> {
        return std::make_shared<ByteKernel<Conv>>(std::move(conv), x.bytes, affine, finish);
    });
}

std::vector<Candidate> dynamic_candidates(const LoweringContext& site, const ConvShape& shape, Rows rows) {
    const ByteWeights& weights = weights_of(site, shape, rows);
    const kernels::ByteFinish finish = finish_of(site, {});
    const DynamicOperands operands{.scale = *operand_at(site.node, kX + 1),
                                   .zero = *operand_at(site.node, kX + 2),
                                   .added = operand_at(site.node, kAdded)};
    return ways(shape, weights, [=, &weights]<class Conv>(Conv conv) -> std::shared_ptr<Kernel> {
        return std::make_shared<DynamicKernel<Conv>>(std::move(conv), weights, finish, operands);
    });
}

std::vector<Candidate> with_steps_behind(std::vector<Candidate> all, const LoweringContext& site) {
    for (Candidate& one : all) one = with_post_operations(std::move(one), site);
    return all;
}

std::vector<Candidate> in_channels_last(std::vector<Candidate> all) {
    for (Candidate& one : all) one.input = one.output = Layout::channels_last;
    return all;
}

std::vector<Candidate> convolutions(const LoweringContext& site) {
    return in_channels_last(candidates(site, conv_shape(site), Rows::outputs));
}

std::vector<Candidate> dynamic_convolutions(const LoweringContext& site) {
    return in_channels_last(
        with_steps_behind(dynamic_candidates(site, conv_shape(site), Rows::outputs), site));
}

/// Rows of the first operand as positions of an image.
ConvShape product_shape(const LoweringContext& site) {
    const std::int64_t inner = site.operands[0].shape.back();
    const std::int64_t rows = element_count(site.operands[0].shape) / std::max<std::int64_t>(inner, 1);
    return {.channels = inner, .outputs = site.output.back(), .input = {1, 1, rows}, .output = {1, 1, rows}};
}

std::vector<Candidate> products(const LoweringContext& site) {
    const Rows rows = site.node.attribute_int("transB", 0) != 0 ? Rows::outputs : Rows::inputs;
    return with_steps_behind(candidates(site, product_shape(site), rows), site);
}

std::vector<Candidate> dynamic_products(const LoweringContext& site) {
    return with_steps_behind(dynamic_candidates(site, product_shape(site), Rows::inputs), site);
}

}  // namespace

const Lowering kByteConvolution{.name = "QLinearConv",
                                .summary = "convolution of 8-bit integers",
                                .candidates = convolutions,
                                .any_types = true};
const Lowering kByteProduct{.name = "QLinearMatMul",
                            .summary = "matrix product of 8-bit integers",
                            .candidates = products,
                            .any_types = true};
const Lowering kByteDynamicProduct{.name = "MatMulIntegerToFloat",
                                   .summary = "matrix product of 8-bit integers as numbers",
                                   .candidates = dynamic_products,
                                   .any_types = true,
                                   .fuses = Fuses::everything};
const Lowering kByteDynamicConvolution{.name = "ConvIntegerToFloat",
                                       .summary = "convolution of 8-bit integers as numbers",
                                       .candidates = dynamic_convolutions,
                                       .any_types = true,
                                       .fuses = Fuses::everything};

}  // namespace espalier::runtime
