// What passes over 8-bit integers between convolutions: sums, products, functions, means, and the largest of
// windows.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/multiversion.h"
#include "graph/spatial/images.h"
#include "graph/spatial/window.h"
#include "kernels/elementwise_i8/elementwise_i8.h"
#include "runtime/bytes/byte_lowerings.h"
#include "runtime/bytes/byte_site.h"
#include "runtime/dense/image_layout.h"
#include "runtime/loops/loop_kernel.h"

namespace espalier::runtime {
namespace {

/// The same in every layout that the value may have.
std::vector<Candidate> in_layouts(const Candidate& candidate, const Shape& shape) {
    std::vector<Candidate> all = {candidate};
    if (!is_image(shape)) return all;
    all.push_back(candidate);
    all.back().input = all.back().output = Layout::channels_last;
    return all;
}

std::vector<Candidate> sums(const LoweringContext& site) {
    const Quantum a = quantum_at(site, 1, site.operands[0].dtype);
    const std::size_t second = *operand_at(site.node, 3);
    const Quantum b = quantum_at(site, 4, site.operands[second].dtype);
    const Quantum y = quantum_at(site, 6, site.dtype);
    const kernels::ByteFinish finish = finish_of(site, y);
    const kernels::ByteSum sum{
        .a = a.bytes, .b = b.bytes, .scale_a = a.scale / y.scale, .scale_b = b.scale / y.scale};
    const std::int64_t count = element_count(site.output);
    Candidate only =
        loops(count, count, [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
            kernels::sum_i8(inputs[0].as<std::uint8_t>() + begin, inputs[second].as<std::uint8_t>() + begin,
                            end - begin, sum, finish, output.as<std::uint8_t>() + begin);
        });
    only.name = "sum_i8 " + kernels::elementwise_i8_instruction_set();
    return in_layouts(only, site.output);
}

/// The second operand has the shape of the first, or a number for each channel of an image.
std::vector<Candidate> scalings(const LoweringContext& site) {
    const Quantum a = quantum_at(site, 1, site.operands[0].dtype);
    const std::size_t second = *operand_at(site.node, 3);
    const Quantum b = quantum_at(site, 4, site.operands[second].dtype);
    const Quantum y = quantum_at(site, 6, site.dtype);
    const kernels::ByteFinish finish = finish_of(site, y);
    const kernels::ByteProduct product{.a = a.bytes, .b = b.bytes, .scale = a.scale * b.scale / y.scale};
    const std::string name = "product_i8 " + kernels::elementwise_i8_instruction_set();
    const std::int64_t count = element_count(site.output);
    if (site.operands[second].shape == site.output) {
        Candidate same = loops(
            count, count, [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                kernels::product_i8(inputs[0].as<std::uint8_t>() + begin,
                                    inputs[second].as<std::uint8_t>() + begin, end - begin, product, finish,
                                    output.as<std::uint8_t>() + begin);
            });
        same.name = name;
        return in_layouts(same, site.output);
    }
    const std::int64_t channels = site.output[1];
    const std::int64_t pixels = count / std::max<std::int64_t>(channels, 1);
    const std::int64_t of_image = pixels / std::max<std::int64_t>(site.output[0], 1);
    Candidate of_channels =
        loops(pixels, count, [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
            const auto* image = inputs[0].as<std::uint8_t>();
            const auto* factors = inputs[second].as<std::uint8_t>();
            for (std::int64_t pixel = begin; pixel < end; ++pixel) {
                kernels::product_i8(image + pixel * channels, factors + pixel / of_image * channels, channels,
                                    product, finish, output.as<std::uint8_t>() + pixel * channels);
            }
        });
    of_channels.name = name;
    of_channels.input = of_channels.output = Layout::channels_last;
    return {of_channels};
}

std::vector<Candidate> tables(const LoweringContext& site) {
    kernels::ByteTable table;
    const auto bytes = std::get<Tensor>(site.node.attributes.at("table")).bytes();
    std::memcpy(table.data(), bytes.data(), table.size());
    const std::int64_t count = element_count(site.output);
    Candidate only = loops(count, count / 4,
                           [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                               kernels::map_bytes(inputs[0].as<std::uint8_t>() + begin, end - begin, table,
                                                  output.as<std::uint8_t>() + begin);
                           });
    only.name = "map_bytes";
    return in_layouts(only, site.output);
}

ESPALIER_MULTIVERSION void add_to(const std::uint8_t* __restrict x, std::int64_t count, std::uint8_t flip,
                                  std::int32_t* __restrict sums) {
    for (std::int64_t i = 0; i < count; ++i) sums[i] += static_cast<std::uint8_t>(x[i] ^ flip);
}

/// Channels of an image, of which each thread takes some.
std::vector<Candidate> means(const LoweringContext& site) {
    const Shape& x = site.operands[0].shape;
    const Quantum from = quantum_at(site, 1, site.operands[0].dtype);
    const Quantum y = quantum_at(site, 3, site.dtype);
    const kernels::ByteFinish finish = finish_of(site, y);
    const auto [low, high] = finish.bounds();
    const std::int64_t channels = x[1];
    const std::int64_t positions = element_count(x) / std::max<std::int64_t>(x[0] * channels, 1);
    const float scale = from.scale / y.scale;
    Candidate only = loops(
        x[0] * channels, element_count(x),
        [=, least = low, most = high, bytes = from.bytes, to = y.bytes](
            Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
            constexpr std::int64_t kTogether = 256;
            std::int32_t totals[kTogether];
            for (std::int64_t at = begin; at < end;) {
                const std::int64_t image = at / channels;
                const std::int64_t channel = at % channels;
                const std::int64_t count = std::min({kTogether, channels - channel, end - at});
                std::fill_n(totals, count, 0);
                const std::uint8_t* pixel =
                    inputs[0].as<std::uint8_t>() + image * positions * channels + channel;
                for (std::int64_t p = 0; p < positions; ++p, pixel += channels)
                    add_to(pixel, count, bytes.flip(), totals);
                std::uint8_t* q = output.as<std::uint8_t>() + at;
                for (std::int64_t i = 0; i < count; ++i) {
                    const float mean = static_cast<float>(totals[i]) / static_cast<float>(positions);
                    const float value =
                        std::min(most, std::max(least, (mean - static_cast<float>(bytes.origin())) * scale));
                    const auto rounded =
                        static_cast<std::int32_t>(std::nearbyint(value) + static_cast<float>(to.origin()));
                    q[i] = static_cast<std::uint8_t>(rounded) ^ to.flip();
                }
                at += count;
            }
        });
    only.input = only.output = Layout::channels_last;
    return {only};
}

template <class T>
__attribute__((always_inline)) inline void larger(const T* __restrict x, std::int64_t count,
                                                  T* __restrict y) {
    for (std::int64_t i = 0; i < count; ++i) y[i] = x[i] > y[i] ? x[i] : y[i];
}
ESPALIER_MULTIVERSION void larger_u8(const std::uint8_t* x, std::int64_t count, std::uint8_t* y) {
    larger(x, count, y);
}
ESPALIER_MULTIVERSION void larger_i8(const std::int8_t* x, std::int64_t count, std::int8_t* y) {
    larger(x, count, y);
}

std::vector<Candidate> max_pools(const LoweringContext& site) {
    const Shape& x = site.operands[0].shape;
    const Window window = Window::of(site.node, x.size() - 2);
    const auto axes = volume_axes(window.on(std::span(x).subspan(2)).axes);
    const Volume size = volume_of(x);
    const Volume target = volume_of(site.output);
    const std::int64_t channels = x[1];
    const std::int64_t rows = target[0] * target[1];
    const bool is_signed = site.dtype == DType::i8;
    const std::int64_t taps = axes[0].kernel * axes[1].kernel * axes[2].kernel;
    Candidate only =
        loops(x[0] * rows, element_count(site.output) * taps / 16,
              [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                  for (std::int64_t row = begin; row < end; ++row) {
                      const std::uint8_t* image =
                          inputs[0].as<std::uint8_t>() + row / rows * positions_in(size) * channels;
                      std::uint8_t* y = output.as<std::uint8_t>() + row * target[2] * channels;
                      Volume place{row % rows / target[1], row % rows % target[1], 0};
                      for (place[2] = 0; place[2] < target[2]; ++place[2], y += channels) {
                          std::fill_n(y, channels, static_cast<std::uint8_t>(is_signed ? 0x80 : 0));
                          Taps::at(axes, size, place).visit(axes, size, [&](const Volume&, std::int64_t at) {
                              const std::uint8_t* pixel = image + at * channels;
                              if (is_signed) {
                                  larger_i8(reinterpret_cast<const std::int8_t*>(pixel), channels,
                                            reinterpret_cast<std::int8_t*>(y));
                              } else {
                                  larger_u8(pixel, channels, y);
                              }
                          });
                      }
                  }
              });
    only.input = only.output = Layout::channels_last;
    return {only};
}

}  // namespace

const Lowering kByteSum{
    .name = "QLinearAdd", .summary = "sum of 8-bit integers", .candidates = sums, .any_types = true};
const Lowering kByteScaling{.name = "QLinearMul",
                            .summary = "product of 8-bit integers, element by element",
                            .candidates = scalings,
                            .any_types = true};
const Lowering kByteTable{.name = "QLinearFunction",
                          .summary = "function of each 8-bit integer",
                          .candidates = tables,
                          .any_types = true};
const Lowering kByteMean{.name = "QLinearGlobalAveragePool",
                         .summary = "mean of each channel of 8-bit integers",
                         .candidates = means,
                         .any_types = true};
const Lowering kByteMaxPool{.name = "MaxPool",
                            .summary = "largest 8-bit integer of each window",
                            .candidates = max_pools,
                            .any_types = true};

}  // namespace espalier::runtime
