// Runs of bits that start anywhere in an array of words.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <span>

namespace espalier::prune {

constexpr std::int64_t words_for(std::int64_t bits) { return (bits + 63) / 64; }

/// The lowest `count` bits set, 0 <= count <= 64.
constexpr std::uint64_t low_bits(std::int64_t count) {
    return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

/// Bits [first, first + count) of `words`, count <= 64.
inline std::uint64_t read_bits(const std::uint64_t* words, std::int64_t first, std::int64_t count) {
    const std::int64_t shift = first % 64;
    std::uint64_t bits = words[first / 64] >> shift;
    if (shift + count > 64) bits |= words[first / 64 + 1] << (64 - shift);
    return bits & low_bits(count);
}

/// Copies `count` bits from `first` to the start of `out`; bits behind the last are 0.
inline void copy_bits(const std::uint64_t* words, std::int64_t first, std::int64_t count,
                      std::uint64_t* out) {
    for (std::int64_t i = 0; i < count; i += 64)
        *out++ = read_bits(words, first + i, std::min<std::int64_t>(64, count - i));
}

inline std::int64_t count_bits(const std::uint64_t* words, std::int64_t first, std::int64_t count) {
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < count; i += 64) {
        sum += std::popcount(read_bits(words, first + i, std::min<std::int64_t>(64, count - i)));
    }
    return sum;
}

/// Clears those of `words` from `first` whose bit in `keep` is 0. Atomic, since threads that write
/// neighbouring runs share the word between them.
inline void and_bits(std::uint64_t* words, std::int64_t first, std::int64_t count,
                     const std::uint64_t* keep) {
    for (std::int64_t i = 0; i < count; i += 64) {
        const std::int64_t size = std::min<std::int64_t>(64, count - i);
        const std::uint64_t clear = ~*keep++ & low_bits(size);
        const std::int64_t shift = (first + i) % 64;
        std::uint64_t* const word = words + (first + i) / 64;
        if (clear << shift != 0)
            std::atomic_ref(*word).fetch_and(~(clear << shift), std::memory_order_relaxed);
        if (shift + size <= 64) continue;
        const std::uint64_t spill = clear >> (64 - shift);
        if (spill != 0) std::atomic_ref(word[1]).fetch_and(~spill, std::memory_order_relaxed);
    }
}

/// Calls visit(i) for each bit i that is set.
template <class Visit>
void for_each_one(std::span<const std::uint64_t> words, Visit visit) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        for (std::uint64_t word = words[i]; word != 0; word &= word - 1) {
            visit(static_cast<std::int64_t>(i) * 64 + std::countr_zero(word));
        }
    }
}

/// Calls visit(word, its bits within [first, first + count)).
template <class Visit>
void for_each_word(std::uint64_t* words, std::int64_t first, std::int64_t count, Visit visit) {
    while (count > 0) {
        const std::int64_t shift = first % 64;
        const std::int64_t size = std::min<std::int64_t>(64 - shift, count);
        visit(words[first / 64], low_bits(size) << shift);
        first += size;
        count -= size;
    }
}

/// Sets bits [first, first + count).
inline void set_bits(std::uint64_t* words, std::int64_t first, std::int64_t count) {
    for_each_word(words, first, count, [](std::uint64_t& word, std::uint64_t bits) { word |= bits; });
}

/// Clears bits [first, first + count).
inline void reset_bits(std::uint64_t* words, std::int64_t first, std::int64_t count) {
    for_each_word(words, first, count, [](std::uint64_t& word, std::uint64_t bits) { word &= ~bits; });
}

}  // namespace espalier::prune
