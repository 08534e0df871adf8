// JPEG through libjpeg. It reports errors by longjmp, which must not skip destructors: everything that has
// one lives in Reader, outside the functions that call setjmp.
#include <fmt/format.h>

#include <cstdio>  // jpeglib.h needs it

#include <jpeglib.h>

#include <csetjmp>
#include <utility>

#include "data/files/image.h"
#include "espalier/error.h"

namespace espalier::data {
namespace {

struct Reader {
    Reader();
    ~Reader() { jpeg_destroy_decompress(&jpeg); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    jpeg_decompress_struct jpeg{};
    jpeg_error_mgr errors{};
    std::jmp_buf escape{};
    char reason[JMSG_LENGTH_MAX] = "";
    Image image;
};

void keep_reason(j_common_ptr jpeg) {
    auto* reader = static_cast<Reader*>(jpeg->client_data);
    reader->errors.format_message(jpeg, reader->reason);
    std::longjmp(reader->escape, 1);
}

/// Level -1 is damage that libjpeg would paint over with grey.
void refuse_damage(j_common_ptr jpeg, int level) {
    if (level < 0) keep_reason(jpeg);
}

Reader::Reader() {
    jpeg.err = jpeg_std_error(&errors);
    jpeg.client_data = this;
    errors.error_exit = keep_reason;
    errors.emit_message = refuse_damage;
}

bool read_header(Reader& reader, std::span<const std::byte> file) {
    if (setjmp(reader.escape) != 0) return false;
    jpeg_create_decompress(&reader.jpeg);
    jpeg_mem_src(&reader.jpeg, reinterpret_cast<const unsigned char*>(file.data()), file.size());
    jpeg_read_header(&reader.jpeg, TRUE);
    return true;
}

void check_header(const jpeg_decompress_struct& jpeg) {
    check_size(jpeg.image_width, jpeg.image_height);
    if (jpeg.num_components != 1 && jpeg.num_components != 3) {
        throw Unsupported(fmt::format("a JPEG of {} colours, expected grey or RGB", jpeg.num_components));
    }
}

bool prepare(Reader& reader) {
    if (setjmp(reader.escape) != 0) return false;
    jpeg_decompress_struct& jpeg = reader.jpeg;
    jpeg.out_color_space = jpeg.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&jpeg);
    reader.image.channels = jpeg.output_components;
    reader.image.height = jpeg.output_height;
    reader.image.width = jpeg.output_width;
    return true;
}

bool read_pixels(Reader& reader) {
    if (setjmp(reader.escape) != 0) return false;
    jpeg_decompress_struct& jpeg = reader.jpeg;
    const std::int64_t stride = reader.image.width * reader.image.channels;
    while (jpeg.output_scanline < jpeg.output_height) {
        JSAMPROW row = reader.image.pixels.data() + jpeg.output_scanline * stride;
        jpeg_read_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_decompress(&jpeg);
    return true;
}

[[noreturn]] void fail(const Reader& reader) {
    throw BadData(fmt::format("damaged JPEG: {}", reader.reason));
}

}  // namespace

Image decode_jpeg(std::span<const std::byte> file) {
    Reader reader;
    if (!read_header(reader, file)) fail(reader);
    check_header(reader.jpeg);
    if (!prepare(reader)) fail(reader);
    Image& image = reader.image;
    image.pixels.resize(static_cast<std::size_t>(image.channels * image.height * image.width));
    if (!read_pixels(reader)) fail(reader);
    return std::move(image);
}

}  // namespace espalier::data
