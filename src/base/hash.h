// 128-bit xxHash (XXH3) as 32 hexadecimal digits: names stages and checks that files are the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace espalier {

std::string hash_hex(std::span<const std::byte> bytes);
std::string hash_hex(std::string_view text);

/// 64-bit form, for seeding.
std::uint64_t hash_u64(std::string_view text, std::uint64_t seed = 0);

}  // namespace espalier
