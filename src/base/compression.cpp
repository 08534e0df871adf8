#include "base/compression.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "base/memory.h"
#include "espalier/error.h"

namespace espalier {
namespace {

constexpr int kLevel = 3;

}  // namespace

std::vector<std::byte> compressed(std::span<const std::byte> bytes) {
    std::vector<std::byte> result(ZSTD_compressBound(bytes.size()));
    const std::size_t size = ZSTD_compress(result.data(), result.size(), bytes.data(), bytes.size(), kLevel);
    if (ZSTD_isError(size) != 0) refuse_memory(result.size());
    result.resize(size);
    return result;
}

std::vector<std::byte> decompressed(std::span<const std::byte> bytes, std::size_t most) {
    const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(),
                                                                            &ZSTD_freeDStream);
    if (stream == nullptr) refuse_memory(ZSTD_DStreamInSize());
    std::vector<std::byte> result;
    std::vector<std::byte> part(ZSTD_DStreamOutSize());
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::size_t left = 1;
    while (in.pos < in.size) {
        ZSTD_outBuffer out{part.data(), part.size(), 0};
        left = ZSTD_decompressStream(stream.get(), &out, &in);
        if (ZSTD_isError(left) != 0)
            throw BadData(
                fmt::format("it is damaged, or not compressed by zstd: {}", ZSTD_getErrorName(left)));
        if (out.pos > most - result.size()) throw BadData(fmt::format("it holds more than {} bytes", most));
        if (result.size() + out.pos > available_memory()) refuse_memory(result.size() + out.pos);
        result.insert(result.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(out.pos));
    }
    // What is left to be written when all is read: frames that fill the last part exactly.
    while (left > 0) {
        ZSTD_outBuffer out{part.data(), part.size(), 0};
        left = ZSTD_decompressStream(stream.get(), &out, &in);
        if (ZSTD_isError(left) != 0 || out.pos == 0) throw BadData("it is cut off");
        if (out.pos > most - result.size()) throw BadData(fmt::format("it holds more than {} bytes", most));
        result.insert(result.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(out.pos));
    }
    return result;
}

bool is_compressed_name(std::string_view path) { return path.ends_with(".zst"); }

}  // namespace espalier
