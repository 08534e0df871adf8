// zstd: files of networks get small where weights are zero.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace espalier {

/// At a fast level. Throws OutOfMemory.
std::vector<std::byte> compressed(std::span<const std::byte> bytes);

/// Throws BadData for what is no whole zstd frame, or is more than `most` bytes: memory grows with what is
/// really there, not with what a header promises.
std::vector<std::byte> decompressed(std::span<const std::byte> bytes, std::size_t most);

/// Whether the name ends in ".zst".
bool is_compressed_name(std::string_view path);

}  // namespace espalier
