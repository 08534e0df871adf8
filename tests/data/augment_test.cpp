#include "data/augment.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "espalier/data.h"

namespace espalier::data {
namespace {

constexpr std::int64_t kSide = 5;

/// Two channels of 5 x 5; no byte is 0, no two of a channel are alike.
Examples counting_examples(std::int64_t count) {
    Examples examples{Tensor(DType::u8, {count, 2, kSide, kSide}),
                      std::vector<std::int32_t>(static_cast<std::size_t>(count))};
    std::size_t i = 0;
    for (std::uint8_t& byte : examples.images().as<std::uint8_t>())
        byte = static_cast<std::uint8_t>(1 + i++ % 50);
    return examples;
}

std::vector<int> augmented(const Augmentation& augmentation, std::uint32_t example, std::int64_t epoch = 0,
                           std::uint64_t seed = 1) {
    const Examples examples = counting_examples(1);
    std::vector<std::uint8_t> out(50);
    Augmenter(augmentation, seed, epoch)
        .apply(example, examples.images().as<std::uint8_t>(), {2, kSide, kSide}, out);
    return {out.begin(), out.end()};
}

/// The definition, pixel by pixel.
std::vector<int> changed(std::int64_t dy, std::int64_t dx, bool flip) {
    const Examples examples = counting_examples(1);
    const auto bytes = examples.images().as<std::uint8_t>();
    std::vector<int> out;
    for (std::int64_t c = 0; c < 2; ++c) {
        for (std::int64_t y = 0; y < kSide; ++y) {
            for (std::int64_t x = 0; x < kSide; ++x) {
                const std::int64_t from_y = y + dy;
                const std::int64_t from_x = (flip ? kSide - 1 - x : x) + dx;
                const bool inside = from_y >= 0 && from_y < kSide && from_x >= 0 && from_x < kSide;
                out.push_back(inside ? bytes[static_cast<std::size_t>((c * kSide + from_y) * kSide + from_x)]
                                     : 0);
            }
        }
    }
    return out;
}

TEST(Augment, EveryShiftAndMirrorAboutEquallyOften) {
    std::map<std::vector<int>, int> seen;
    constexpr int kDraws = 20'000;
    for (std::uint32_t example = 0; example < kDraws; ++example)
        ++seen[augmented({.flip = true, .crop = 2}, example)];
    int expected = 0;
    for (std::int64_t dy = -2; dy <= 2; ++dy) {
        for (std::int64_t dx = -2; dx <= 2; ++dx) {
            for (const bool flip : {false, true}) {
                const int count = seen[changed(dy, dx, flip)];
                EXPECT_NEAR(count, kDraws / 50, 110) << dy << ' ' << dx << ' ' << flip;  // 5.5 deviations
                expected += count;
            }
        }
    }
    EXPECT_EQ(expected, kDraws) << "nothing else came out";
}

TEST(Augment, OnlyWhatIsAskedFor) {
    std::set<std::vector<int>> flips;
    std::set<std::vector<int>> crops;
    for (std::uint32_t example = 0; example < 500; ++example) {
        flips.insert(augmented({.flip = true}, example));
        crops.insert(augmented({.crop = 1}, example));
    }
    EXPECT_EQ(flips, (std::set{changed(0, 0, false), changed(0, 0, true)}));
    EXPECT_EQ(crops.size(), 9U);
    EXPECT_FALSE(Augmentation{}.any());
}

TEST(Augment, DependsOnSeedEpochAndExample) {
    const auto all = [](std::uint64_t seed, std::int64_t epoch) {
        std::vector<std::vector<int>> out;
        for (std::uint32_t example = 0; example < 20; ++example)
            out.push_back(augmented({.flip = true, .crop = 2}, example, epoch, seed));
        return out;
    };
    EXPECT_EQ(all(1, 3), all(1, 3));
    EXPECT_NE(all(1, 3), all(1, 4));
    EXPECT_NE(all(1, 3), all(2, 3));
}

TEST(Augment, ACropBeyondTheImageStaysInBounds) {
    for (std::uint32_t example = 0; example < 200; ++example) augmented({.flip = true, .crop = 40}, example);
}

TEST(Augment, GatherDoesNotDependOnTheBatch) {
    const Examples examples = counting_examples(7);
    const Normalization normalization{{0.1F, 0.2F}, {0.3F, 0.4F}};
    const Augmentation augmentation{.flip = true, .crop = 2};
    const std::vector<std::uint32_t> indices = {6, 2, 0, 2, 5};
    std::vector<float> whole(indices.size() * 50);
    gather(examples.inputs.front(), normalization, augmentation, 9, 4, indices, whole);
    std::vector<float> single(50);
    for (std::size_t i = 0; i < indices.size(); ++i) {
        gather(examples.inputs.front(), normalization, augmentation, 9, 4, std::span(indices).subspan(i, 1),
               single);
        EXPECT_TRUE(
            std::equal(single.begin(), single.end(), whole.begin() + static_cast<std::ptrdiff_t>(i * 50)));
    }
    gather(examples.inputs.front(), normalization, Augmentation{}, 9, 4, indices, whole);
    std::vector<float> plain(whole.size());
    gather(examples.inputs.front(), normalization, indices, plain);
    EXPECT_EQ(whole, plain);
}

/// Black is padded before normalisation, so what is padded is as dark as a black pixel.
TEST(Augment, PaddingIsTheByteZero) {
    Examples examples{Tensor(DType::u8, {1, 1, 4, 4}), {0}};
    const Normalization normalization{{0.5F}, {0.25F}};
    for (std::int64_t epoch = 0; epoch < 10; ++epoch) {
        std::vector<float> out(16);
        gather(examples.inputs.front(), normalization, {.crop = 2}, 1, epoch, std::vector<std::uint32_t>{0},
               out);
        for (const float value : out) EXPECT_FLOAT_EQ(value, -2.0F);
    }
}

}  // namespace
}  // namespace espalier::data
