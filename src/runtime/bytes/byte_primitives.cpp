#include "runtime/bytes/byte_primitives.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "runtime/dense/onednn.h"
#include "runtime/execute/threads.h"

namespace espalier::runtime {
namespace {

using dnnl::convolution_forward;
using Dims = dnnl::memory::dims;
using Desc = dnnl::memory::desc;
using Type = dnnl::memory::data_type;
bool has(dnnl::cpu_isa wanted) {
    const auto bits = static_cast<int>(wanted);
    return (static_cast<int>(dnnl::get_effective_cpu_isa()) & bits) == bits;
}

Type type_of(const kernels::ByteQuantum& bytes) { return bytes.is_signed ? Type::s8 : Type::u8; }

/// Axes of the images as oneDNN is told: three only where the first is more than 1, for which it is slower.
std::size_t first_axis(const kernels::ConvShape& shape) {
    const bool flat =
        shape.input[0] == 1 && shape.output[0] == 1 && shape.kernel[0] == 1 && shape.pad[0] == 0;
    return flat ? 1 : 0;
}

/// [N, C, (D,) H, W], channels last.
Desc images(const kernels::ConvShape& shape, std::int64_t channels, const kernels::ConvShape::Sizes& size,
            Type type) {
    Dims dims = {shape.images, shape.groups * channels};
    for (std::size_t i = first_axis(shape); i < size.size(); ++i) dims.push_back(size[i]);
    return {dims, type, dims.size() == 4 ? dnnl::memory::format_tag::nhwc : dnnl::memory::format_tag::ndhwc};
}

/// [(groups,) outputs, channels, taps] of a group.
Dims weight_dims(const kernels::ConvShape& shape) {
    Dims dims = {shape.outputs, shape.channels};
    for (std::size_t i = first_axis(shape); i < shape.kernel.size(); ++i) dims.push_back(shape.kernel[i]);
    if (shape.groups > 1) dims.insert(dims.begin(), shape.groups);
    return dims;
}

/// Of weights that lie as [groups][outputs][taps][channels].
Desc plain_weights(const kernels::ConvShape& shape) {
    const std::int64_t c = shape.channels;
    const std::int64_t row = shape.kernel[2] * c;
    Dims strides = {shape.taps() * c, 1};
    if (first_axis(shape) == 0) strides.push_back(shape.kernel[1] * row);
    strides.insert(strides.end(), {row, c});
    if (shape.groups > 1) strides.insert(strides.begin(), shape.outputs * shape.taps() * c);
    return {weight_dims(shape), Type::s8, strides};
}

bool is_possible(const ByteConvolution& conv) {
    const auto is_byte = [](std::int16_t w) { return w >= -128 && w <= 127; };
    const auto is_ordinary = [](float scale) { return std::isnormal(scale); };
    return std::ranges::all_of(conv.w, is_byte) && std::ranges::all_of(conv.scale, is_ordinary);
}

/// oneDNN adds the bias to the sums before it scales them.
std::vector<float> biases(const ByteConvolution& conv) {
    std::vector<float> bias(conv.shift);
    for (std::size_t o = 0; o < bias.size(); ++o) bias[o] /= conv.scale[o];
    return bias;
}

dnnl::primitive_attr attributes_of(const ByteConvolution& conv) {
    dnnl::primitive_attr attr = attributes();
    attr.set_output_scales(1 << 1, conv.scale);
    if (conv.x.zero != 0) attr.set_zero_points(DNNL_ARG_SRC, 0, {conv.x.zero});
    const kernels::ByteFinish& finish = conv.finish;
    if (finish.bytes && finish.y.zero != 0) attr.set_zero_points(DNNL_ARG_DST, 0, {finish.y.zero});
    if (std::isfinite(finish.low) || std::isfinite(finish.high)) {
        constexpr float kMost = 3e38F;  // clip wants numbers
        dnnl::post_ops behind;
        behind.append_eltwise(1.0F, dnnl::algorithm::eltwise_clip, std::max(finish.low, -kMost),
                              std::min(finish.high, kMost));
        attr.set_post_ops(behind);
    }
    return attr;
}

convolution_forward::primitive_desc describe_primitive(const ByteConvolution& conv) {
    const kernels::ConvShape& shape = conv.shape;
    Dims strides;
    Dims dilations;
    Dims before;
    Dims behind;
    for (std::size_t i = first_axis(shape); i < shape.kernel.size(); ++i) {
        strides.push_back(shape.stride[i]);
        dilations.push_back(shape.dilation[i] - 1);
        before.push_back(shape.pad[i]);
        const std::int64_t extent = (shape.kernel[i] - 1) * shape.dilation[i] + 1;
        behind.push_back((shape.output[i] - 1) * shape.stride[i] + extent - shape.input[i] - shape.pad[i]);
    }
    const Type target = conv.finish.bytes ? type_of(conv.finish.y) : Type::f32;
    const Desc weights(weight_dims(shape), Type::s8, dnnl::memory::format_tag::any);
    return {{dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
             images(shape, shape.channels, shape.input, type_of(conv.x)), weights,
             row_major({shape.groups * shape.outputs}), images(shape, shape.outputs, shape.output, target),
             strides, dilations, before, behind},
            attributes_of(conv),
            cpu_engine()};
}

std::shared_ptr<const dnnl::memory> weights_of(const ByteConvolution& conv, const Desc& wanted) {
    std::vector<std::int8_t> bytes(conv.w.size());
    std::ranges::transform(conv.w, bytes.begin(), [](std::int16_t w) { return static_cast<std::int8_t>(w); });
    return std::make_shared<const dnnl::memory>(
        reordered({plain_weights(conv.shape), cpu_engine(), bytes.data()}, wanted));
}

std::shared_ptr<const dnnl::memory> bias_of(const ByteConvolution& conv) {
    const std::vector<float> bias = biases(conv);
    dnnl::memory memory(row_major({static_cast<std::int64_t>(bias.size())}), cpu_engine());
    std::ranges::copy(bias, static_cast<float*>(memory.get_data_handle()));
    return std::make_shared<const dnnl::memory>(std::move(memory));
}

}  // namespace

bool has_exact_byte_products() {
    return has(dnnl::cpu_isa::avx512_core_vnni) || has(dnnl::cpu_isa::avx2_vnni);
}

std::shared_ptr<Kernel> byte_convolution(const ByteConvolution& conv, int threads) {
    if (!is_possible(conv)) return nullptr;
    return unless_unimplemented([&]() -> std::shared_ptr<Kernel> {
        const ThreadScope scope(threads);
        const auto chosen = describe_primitive(conv);
        if (std::string_view(chosen.impl_info_str()).find("ref") != std::string_view::npos) return nullptr;
        return onednn_kernel<convolution_forward>(
            threads, chosen, {{DNNL_ARG_SRC, chosen.src_desc(), 0}},
            {{DNNL_ARG_WEIGHTS, weights_of(conv, chosen.weights_desc())}, {DNNL_ARG_BIAS, bias_of(conv)}});
    });
}

}  // namespace espalier::runtime
