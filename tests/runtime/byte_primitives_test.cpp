// Convolutions of bytes by oneDNN against the plain reference, where the processor has exact products of
// bytes: only a value that lies between two integers may be rounded to the other one.
#include "runtime/bytes/byte_primitives.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "runtime/execute/memory_plan.h"

namespace espalier {
namespace {

using kernels::ConvShape;
using runtime::ByteConvolution;

struct Case {
    ConvShape shape;
    kernels::ByteQuantum x = {}, y = {};
    bool bytes = true;
};

/// From `least` to `most`.
template <class T>
std::vector<T> numbers(std::int64_t count, float least, float most, const std::string& purpose) {
    std::vector<T> values(static_cast<std::size_t>(count));
    Random random(5, purpose);
    for (T& value : values) value = static_cast<T>(least + (most - least) * random.uniform());
    return values;
}

void expect_as_reference(const Case& test, int threads) {
    const ConvShape& s = test.shape;
    const std::int64_t outputs = s.groups * s.outputs;
    const auto w = numbers<std::int16_t>(outputs * s.columns(), -127, 127, "w");
    const auto x = numbers<std::uint8_t>(s.images * s.pixels() * s.groups * s.channels, 0, 255, "x");
    const float spread = 40.0F / std::sqrt(static_cast<float>(s.columns())) / (75 * 75);
    auto scale = numbers<float>(outputs, 0.5F * spread, spread, "scale");
    auto shift = numbers<float>(outputs, -20, 20, "shift");
    const kernels::ByteFinish bounds{.low = test.bytes ? -1000.0F : -20.0F,
                                     .high = test.bytes ? 60.0F : 1e30F,
                                     .bytes = test.bytes,
                                     .y = test.y};
    const auto kernel = runtime::byte_convolution(
        {.shape = s, .w = w, .x = test.x, .scale = scale, .shift = shift, .finish = bounds}, threads);
    if (kernel == nullptr) return;  // the kernels of our own remain
    kernels::ByteFinish finish = bounds;
    finish.scale = scale.data();
    finish.shift = shift.data();
    const auto count = static_cast<std::size_t>(s.images * s.positions() * outputs);
    std::vector<float> got(count);
    std::vector<float> expected(count);
    const DType type = !test.bytes ? DType::f32 : test.y.is_signed ? DType::i8 : DType::u8;
    const runtime::Operand input(reinterpret_cast<const std::byte*>(x.data()),
                                 test.x.is_signed ? DType::i8 : DType::u8);
    const runtime::Result output(reinterpret_cast<std::byte*>(got.data()), type);
    runtime::Arena scratch;
    kernel->run({&input, 1}, {&output, 1}, scratch.at_least(kernel->scratch_bytes()));
    kernels::conv_i8_reference(s, w, x.data(), test.x, expected.data(), finish);
    const auto value = [&](const std::vector<float>& from, std::size_t i) {
        if (!test.bytes) return from[i];
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(from.data());
        return static_cast<float>(test.y.is_signed ? static_cast<std::int8_t>(bytes[i]) : bytes[i]);
    };
    std::size_t other = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const float apart = std::abs(value(got, i) - value(expected, i));
        ASSERT_LE(apart, test.bytes ? 1.0F : 1e-3F) << i;
        other += test.bytes && apart > 0 ? 1 : 0;
    }
    EXPECT_LE(other, 1 + count / 100);
}

TEST(BytePrimitives, ComputeAsTheReference) {
    if (!runtime::has_exact_byte_products()) GTEST_SKIP() << "this processor's byte products saturate";
    const ConvShape window{.images = 2,
                           .channels = 24,
                           .outputs = 40,
                           .input = {1, 9, 7},
                           .output = {1, 5, 7},
                           .kernel = {1, 3, 3},
                           .stride = {1, 2, 1},
                           .pad = {0, 1, 1}};
    ConvShape depthwise = window;
    depthwise.groups = 32;
    depthwise.channels = depthwise.outputs = 1;
    ConvShape groups = window;
    groups.groups = 4;
    groups.outputs = 8;
    const ConvShape rows{.channels = 65, .outputs = 33, .input = {1, 1, 17}, .output = {1, 1, 17}};
    const ConvShape volume{.channels = 8,
                           .outputs = 16,
                           .input = {4, 5, 6},
                           .output = {4, 5, 6},
                           .kernel = {3, 3, 3},
                           .pad = {1, 1, 1}};
    for (const ConvShape& shape : {window, depthwise, groups, rows, volume}) {
        for (const int threads : {1, 2}) {
            expect_as_reference({.shape = shape, .x = {.zero = 120}, .y = {.zero = 3}}, threads);
            expect_as_reference({.shape = shape, .x = {true, -3}, .y = {true, -100}}, threads);
            expect_as_reference({.shape = shape, .x = {}, .bytes = false}, threads);
        }
    }
}

TEST(BytePrimitives, WeightsThatAreNoBytesAreLeftToOtherKernels) {
    const std::vector<std::int16_t> w = {-129, 5};
    const ConvShape shape{.channels = 2, .outputs = 1};
    EXPECT_EQ(runtime::byte_convolution({.shape = shape, .w = w, .scale = {1}, .shift = {0}}, 1), nullptr);
    const std::vector<std::int16_t> bytes = {-128, 5};
    EXPECT_EQ(runtime::byte_convolution({.shape = shape, .w = bytes, .scale = {0}, .shift = {0}}, 1),
              nullptr);
}

}  // namespace
}  // namespace espalier
