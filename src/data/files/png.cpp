// PNG through libspng.
#include <fmt/format.h>
#include <spng.h>

#include <memory>
#include <new>
#include <string_view>

#include "data/files/image.h"
#include "espalier/error.h"
#include "tensor/deflate.h"

namespace espalier::data {
namespace {

struct FreeReader {
    void operator()(spng_ctx* reader) const { spng_ctx_free(reader); }
};
using Reader = std::unique_ptr<spng_ctx, FreeReader>;

void check(int status) {
    if (status == SPNG_EMEM) throw std::bad_alloc();
    if (status != 0) throw BadData(fmt::format("damaged PNG: {}", spng_strerror(status)));
}

Reader open(std::span<const std::byte> file) {
    Reader reader(spng_ctx_new(0));
    if (reader == nullptr) throw std::bad_alloc();
    constexpr std::size_t kLargestChunk = 8'000'000;  // of text and profiles; pixels do not count
    check(spng_set_chunk_limits(reader.get(), kLargestChunk, 2 * kLargestChunk));
    check(spng_set_crc_action(reader.get(), SPNG_CRC_ERROR, SPNG_CRC_DISCARD));
    check(spng_set_png_buffer(reader.get(), file.data(), file.size()));
    return reader;
}

std::uint64_t bits_per_pixel(const spng_ihdr& header) {
    const bool is_rgb = header.color_type == SPNG_COLOR_TYPE_TRUECOLOR;
    return std::uint64_t{header.bit_depth} * (is_rgb ? 3 : 1);
}

void check_header(spng_ctx* reader, const spng_ihdr& header, std::size_t file_size) {
    check_size(header.width, header.height);
    if (header.bit_depth == 16) throw Unsupported("16 bits a channel, expected 8");
    spng_trns transparency;
    const bool has_alpha = header.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA ||
                           header.color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA ||
                           spng_get_trns(reader, &transparency) == 0;
    if (has_alpha) throw Unsupported("a picture with transparency, expected grey or RGB");
    const std::uint64_t row = (bits_per_pixel(header) * header.width + 7) / 8;
    if (row * header.height > file_size * kMaxDeflateRatio) {
        throw BadData(fmt::format("the header says {}x{}, more than a file of {} bytes can hold",
                                  header.width, header.height, file_size));
    }
}

}  // namespace

Image decode_png(std::span<const std::byte> file) {
    const Reader reader = open(file);
    spng_ihdr header;
    check(spng_get_ihdr(reader.get(), &header));
    check_header(reader.get(), header, file.size());
    // Palettes become RGB, grey of 1, 2 or 4 bits becomes 8.
    const bool is_grey = header.color_type == SPNG_COLOR_TYPE_GRAYSCALE;
    Image image{.channels = is_grey ? 1 : 3, .height = header.height, .width = header.width, .pixels = {}};
    image.pixels.resize(static_cast<std::size_t>(image.channels * image.height * image.width));
    check(spng_decode_image(reader.get(), image.pixels.data(), image.pixels.size(),
                            is_grey ? SPNG_FMT_G8 : SPNG_FMT_RGB8, 0));
    check(spng_decode_chunks(reader.get()));  // to the end of the file, with its checksums
    return image;
}

}  // namespace espalier::data
