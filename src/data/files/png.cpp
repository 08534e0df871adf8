// PNG through libpng. libpng reports errors by longjmp, which must not skip destructors: everything that has
// one lives in Reader, outside the functions that call setjmp.
#include <fmt/format.h>
#include <png.h>

#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include "data/files/gzip.h"
#include "data/files/image.h"
#include "espalier/error.h"
#include "tensor/deflate.h"

namespace espalier::data {
namespace {

struct Reader {
    explicit Reader(std::span<const std::byte> file);
    ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    png_structp png = nullptr;
    png_infop info = nullptr;
    std::span<const std::byte> left;
    char reason[128] = "";
    int passes = 1;
    Image image;
};

void keep_reason(png_structp png, png_const_charp message) {
    auto* reader = static_cast<Reader*>(png_get_error_ptr(png));
    std::snprintf(reader->reason, sizeof reader->reason, "%s", message);
    png_longjmp(png, 1);
}

/// Warnings are about chunks that do not change a pixel, such as colour profiles.
void ignore_warning(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep out, std::size_t count) {
    auto* reader = static_cast<Reader*>(png_get_io_ptr(png));
    if (count > reader->left.size()) png_error(png, "cut off");
    std::memcpy(out, reader->left.data(), count);
    reader->left = reader->left.subspan(count);
}

Reader::Reader(std::span<const std::byte> file) : left(file) {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, keep_reason, ignore_warning);
    if (png == nullptr) throw std::bad_alloc();
    info = png_create_info_struct(png);
    if (info == nullptr) {
        png_destroy_read_struct(&png, nullptr, nullptr);
        throw std::bad_alloc();
    }
    constexpr png_alloc_size_t kLargestChunk = 8'000'000;  // of text and profiles; pixels do not count
    png_set_chunk_malloc_max(png, kLargestChunk);
    png_set_read_fn(png, this, read_bytes);
}

bool read_header(Reader& reader) {
    if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
    png_read_info(reader.png, reader.info);
    return true;
}

void check_header(const Reader& reader, std::size_t file_size) {
    const auto width = png_get_image_width(reader.png, reader.info);
    const auto height = png_get_image_height(reader.png, reader.info);
    check_size(width, height);
    const auto depth = png_get_bit_depth(reader.png, reader.info);
    if (depth == 16) throw Unsupported("16 bits a channel, expected 8");
    const bool transparent = (png_get_color_type(reader.png, reader.info) & PNG_COLOR_MASK_ALPHA) != 0 ||
                             png_get_valid(reader.png, reader.info, PNG_INFO_tRNS) != 0;
    if (transparent) throw Unsupported("a picture with transparency, expected grey or RGB");
    const std::uint64_t packed = std::uint64_t{png_get_rowbytes(reader.png, reader.info)} * height;
    if (packed > file_size * kMaxDeflateRatio) {
        throw BadData(fmt::format("the header says {}x{}, more than a file of {} bytes can hold", width,
                                  height, file_size));
    }
}

/// Palettes become RGB, grey of 1, 2 or 4 bits becomes 8.
bool prepare(Reader& reader) {
    if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
    png_set_expand(reader.png);
    reader.passes = png_set_interlace_handling(reader.png);
    png_read_update_info(reader.png, reader.info);
    reader.image.channels = png_get_channels(reader.png, reader.info);
    reader.image.height = png_get_image_height(reader.png, reader.info);
    reader.image.width = png_get_image_width(reader.png, reader.info);
    return true;
}

bool read_pixels(Reader& reader) {
    if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
    for (int pass = 0; pass < reader.passes; ++pass) {
        png_bytep row = reader.image.pixels.data();
        for (std::int64_t y = 0; y < reader.image.height; ++y) {
            png_read_row(reader.png, row, nullptr);
            row += reader.image.width * reader.image.channels;
        }
    }
    png_read_end(reader.png, nullptr);
    return true;
}

[[noreturn]] void fail(const Reader& reader) { throw BadData(fmt::format("damaged PNG: {}", reader.reason)); }

}  // namespace

Image decode_png(std::span<const std::byte> file) {
    Reader reader(file);
    if (!read_header(reader)) fail(reader);
    check_header(reader, file.size());
    if (!prepare(reader)) fail(reader);
    Image& image = reader.image;
    image.pixels.resize(static_cast<std::size_t>(image.channels * image.height * image.width));
    if (!read_pixels(reader)) fail(reader);
    return std::move(image);
}

}  // namespace espalier::data
