// Makes IDX files for tests.
#pragma once

#include <zlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"

namespace espalier::testing {

inline std::string idx_header(std::uint8_t type, const std::vector<std::uint32_t>& dims) {
    std::string out = {'\0', '\0', static_cast<char>(type), static_cast<char>(dims.size())};
    for (const std::uint32_t dim : dims) {
        for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(dim >> shift & 0xff);
    }
    return out;
}

inline std::string gzipped(std::string_view bytes) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("deflateInit2");
    }
    std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

/// The four files of a data set of the MNIST family: 2x3 images whose bytes count up, labels 0..9 in turn.
inline void write_small_dataset(const std::filesystem::path& folder, std::uint32_t train,
                                std::uint32_t test) {
    make_folder(folder);
    const auto write = [&](const char* part, std::uint32_t count) {
        std::string images = idx_header(8, {count, 2, 3});
        std::string labels = idx_header(8, {count});
        for (std::uint32_t i = 0; i < count; ++i) {
            labels += static_cast<char>(i % 10);
            for (std::uint32_t k = 0; k < 6; ++k) images += static_cast<char>((i * 6 + k) & 0xff);
        }
        write_text(folder / (std::string(part) + "-images-idx3-ubyte.gz"), gzipped(images));
        write_text(folder / (std::string(part) + "-labels-idx1-ubyte"), labels);
    };
    write("train", train);
    write("t10k", test);
}

}  // namespace espalier::testing
