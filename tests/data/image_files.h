// Makes PNG and JPEG files for tests, through the libraries that define them.
#pragma once

#include <png.h>

#include <cstdio>  // jpeglib.h needs it

#include <jpeglib.h>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace espalier::testing {

struct PngOptions {
    int color_type = PNG_COLOR_TYPE_RGB;
    int depth = 8;
    int interlace = PNG_INTERLACE_NONE;
    double gamma = 0;  // 0: no gAMA chunk
    std::vector<png_color> palette = {};
};

/// `rows`: the bytes of all rows as PNG packs them.
inline std::string png_file(std::uint32_t width, std::uint32_t height, const std::vector<std::uint8_t>& rows,
                            const PngOptions& options = {}) {
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    std::string out;
    png_set_write_fn(
        png, &out,
        [](png_structp writer, png_bytep bytes, std::size_t count) {
            static_cast<std::string*>(png_get_io_ptr(writer))->append(reinterpret_cast<char*>(bytes), count);
        },
        nullptr);
    png_set_IHDR(png, info, width, height, options.depth, options.color_type, options.interlace,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (!options.palette.empty()) {
        png_set_PLTE(png, info, options.palette.data(), static_cast<int>(options.palette.size()));
    }
    if (options.gamma > 0) png_set_gAMA(png, info, options.gamma);
    png_write_info(png, info);
    const std::size_t stride = rows.size() / height;
    const int passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < passes; ++pass) {
        for (std::uint32_t y = 0; y < height; ++y) png_write_row(png, rows.data() + y * stride);
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return out;
}

/// 1, 3 or 4 (CMYK) bytes a pixel.
inline std::string jpeg_file(std::uint32_t width, std::uint32_t height, int channels,
                             std::vector<std::uint8_t> pixels) {
    jpeg_compress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&jpeg, &bytes, &size);
    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = channels;
    jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < height) {
        JSAMPROW row =
            pixels.data() + std::size_t{jpeg.next_scanline} * width * static_cast<std::size_t>(channels);
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    std::string out(reinterpret_cast<char*>(bytes), size);
    std::free(bytes);
    return out;
}

/// An RGB PNG of one colour.
inline std::string plain_png(std::uint32_t width, std::uint32_t height, std::uint8_t red, std::uint8_t green,
                             std::uint8_t blue) {
    const std::uint8_t pixel[] = {red, green, blue};
    std::vector<std::uint8_t> rows(std::size_t{width} * height * 3);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = pixel[i % 3];
    return png_file(width, height, rows);
}

}  // namespace espalier::testing
