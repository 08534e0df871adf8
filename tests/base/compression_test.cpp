#include "base/compression.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "espalier/error.h"

namespace espalier {
namespace {

std::vector<std::byte> bytes_of(std::size_t count, bool zeros) {
    std::vector<std::byte> bytes(count);
    Random random(1, "compression");
    for (std::byte& byte : bytes)
        byte = zeros ? std::byte{0} : static_cast<std::byte>(random.uniform() * 255);
    return bytes;
}

TEST(Compression, GivesBackWhatItTook) {
    for (const bool zeros : {false, true}) {
        for (const std::size_t count : {0, 1, 1000, 131'072, 1'000'000}) {
            const auto bytes = bytes_of(count, zeros);
            EXPECT_EQ(decompressed(compressed(bytes), count), bytes) << count;
        }
    }
    EXPECT_LT(compressed(bytes_of(1'000'000, true)).size(), 1000U);
}

TEST(Compression, TakesNoMoreThanItMay) {
    const auto small = compressed(bytes_of(1'000'000, true));
    EXPECT_THROW(decompressed(small, 999'999), BadData);
    EXPECT_NO_THROW(decompressed(small, 1'000'000));
}

TEST(Compression, RefusesDamage) {
    auto bytes = compressed(bytes_of(10'000, false));
    EXPECT_THROW(decompressed(std::span(bytes).first(bytes.size() / 2), 10'000), BadData);
    EXPECT_THROW(decompressed({}, 10), BadData);
    bytes[0] = std::byte{1};
    EXPECT_THROW(decompressed(bytes, 10'000), BadData);
}

}  // namespace
}  // namespace espalier
