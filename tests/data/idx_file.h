// Makes IDX files for tests.
#pragma once

#include <zlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "tensor/deflated.h"

namespace espalier::testing {

inline std::string idx_header(std::uint8_t type, const std::vector<std::uint32_t>& dims) {
    std::string out = {'\0', '\0', static_cast<char>(type), static_cast<char>(dims.size())};
    for (const std::uint32_t dim : dims) {
        for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(dim >> shift & 0xff);
    }
    return out;
}

inline std::string gzipped(std::string_view bytes) { return deflated(bytes, 16 + MAX_WBITS); }

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
