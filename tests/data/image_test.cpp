#include "data/files/image.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/expect_error.h"
#include "data/image_files.h"

namespace espalier::data {
namespace {

using espalier::testing::jpeg_file;
using espalier::testing::plain_png;
using espalier::testing::png_file;
using Bytes = std::vector<std::uint8_t>;

Image decode(const std::string& file) { return decode_image(std::as_bytes(std::span(file))); }

Bytes counting(std::size_t count) {
    Bytes bytes(count);
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(i * 37);
    return bytes;
}

void expect_image(const Image& image, std::int64_t channels, std::int64_t height, std::int64_t width,
                  const Bytes& pixels) {
    EXPECT_EQ(image.channels, channels);
    EXPECT_EQ(image.height, height);
    EXPECT_EQ(image.width, width);
    EXPECT_EQ(image.pixels, pixels);
}

TEST(Png, GreyAndRgbAsTheyAre) {
    for (const int interlace : {PNG_INTERLACE_NONE, PNG_INTERLACE_ADAM7}) {
        expect_image(decode(png_file(5, 7, counting(105), {.interlace = interlace})), 3, 7, 5, counting(105));
        expect_image(
            decode(png_file(9, 3, counting(27), {.color_type = PNG_COLOR_TYPE_GRAY, .interlace = interlace})),
            1, 3, 9, counting(27));
    }
}

TEST(Png, GammaIsNotApplied) {
    expect_image(decode(png_file(4, 1, counting(12), {.gamma = 1.0})), 3, 1, 4, counting(12));
}

TEST(Png, FewBitsAndPalettesBecomeBytes) {
    expect_image(decode(png_file(4, 1, {0b00'01'10'11}, {.color_type = PNG_COLOR_TYPE_GRAY, .depth = 2})), 1,
                 1, 4, {0, 85, 170, 255});
    expect_image(decode(png_file(2, 1, {1, 0},
                                 {.color_type = PNG_COLOR_TYPE_PALETTE, .palette = {{1, 2, 3}, {4, 5, 6}}})),
                 3, 1, 2, {4, 5, 6, 1, 2, 3});
}

TEST(Png, RefusesWhatItWouldHaveToChange) {
    EXPECT_ERROR(Unsupported, "16 bits a channel, expected 8",
                 decode(png_file(1, 1, counting(6), {.depth = 16})));
    EXPECT_ERROR(Unsupported, "transparency",
                 decode(png_file(1, 1, counting(4), {.color_type = PNG_COLOR_TYPE_RGB_ALPHA})));
}

/// Behind the pixels stands a mark of the end, 12 bytes that nobody misses.
TEST(Png, CutOffAnywhere) {
    const std::string file = png_file(5, 7, counting(105));
    for (std::size_t size = 0; size < file.size() - 12; ++size) {
        SCOPED_TRACE(size);
        EXPECT_ERROR(BadData, "", decode(file.substr(0, size)));
    }
}

TEST(Png, DamageIsSeenByItsChecksums) {
    const std::string file = plain_png(5, 7, 1, 2, 3);
    for (std::size_t at = 8; at < file.size(); ++at) {
        std::string damaged = file;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        SCOPED_TRACE(at);
        // An unknown chunk that is not needed may be skipped, never the pixels changed.
        try {
            EXPECT_EQ(decode(damaged).pixels, decode(file).pixels);
        } catch (const Error& error) {
            EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
        }
    }
}

/// The size in the header set to 4096 x 4096, its checksum made right again.
TEST(Png, HugeSizesAreRefusedBeforeMemoryIsTaken) {
    std::string file = plain_png(1, 1, 1, 2, 3);
    for (const std::size_t at : {18U, 22U}) file[at] = 0x10;
    for (const std::size_t at : {19U, 23U}) file[at] = 0;
    const auto sum = static_cast<std::uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(file.data() + 12), 17));  // type and content of IHDR
    for (int i = 0; i < 4; ++i)
        file[29 + static_cast<std::size_t>(i)] = static_cast<char>(sum >> (24 - 8 * i));
    EXPECT_ERROR(BadData, "4096x4096, more than a file of", decode(file));
    EXPECT_ERROR(BadData, "5000x1, expected 4096 at most", decode(png_file(5000, 1, Bytes(15000))));
}

TEST(Jpeg, GreyAndRgb) {
    const Image grey = decode(jpeg_file(9, 5, 1, Bytes(45, 77)));
    expect_image(grey, 1, 5, 9, Bytes(45, 77));
    const std::uint8_t pixel[] = {200, 30, 40};
    Bytes red(64 * 3);
    for (std::size_t i = 0; i < red.size(); ++i) red[i] = pixel[i % 3];
    const Image image = decode(jpeg_file(8, 8, 3, red));
    ASSERT_EQ(image.pixels.size(), red.size());
    for (std::size_t i = 0; i < red.size(); ++i) EXPECT_NEAR(image.pixels[i], red[i], 2) << i;
}

TEST(Jpeg, CutOffAnywhere) {
    const std::string file = jpeg_file(24, 24, 3, counting(24 * 24 * 3));
    for (std::size_t size = 0; size < file.size(); size += size < 700 ? 1 : 13) {
        SCOPED_TRACE(size);
        EXPECT_ERROR(BadData, "", decode(file.substr(0, size)));
    }
}

TEST(Jpeg, RefusesFourColours) {
    EXPECT_ERROR(Unsupported, "4 colours", decode(jpeg_file(2, 2, 4, counting(16))));
}

TEST(Jpeg, HugeSizes) {
    EXPECT_ERROR(BadData, "5000x1, expected 4096 at most", decode(jpeg_file(5000, 1, 1, Bytes(5000))));
}

TEST(Images, NeitherOfTheTwo) {
    EXPECT_ERROR(BadData, "neither a PNG nor a JPEG", decode("GIF89a"));
    EXPECT_ERROR(BadData, "neither a PNG nor a JPEG", decode(""));
}

}  // namespace
}  // namespace espalier::data
