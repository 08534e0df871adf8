// Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2,
// 3"). The n-th number of a stream is a pure function of (seed, purpose, n): nothing to save on a checkpoint,
// and any part of a stream can be drawn by any thread.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace espalier {

/// One Philox4x32-10 block: 4 words from a 128-bit counter and a 64-bit key.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key) noexcept;

/// An independent stream for each (seed, purpose): Random(1, "init/fc1.weight"), Random(1, "order/epoch 3").
class Random {
  public:
    Random(std::uint64_t seed, std::string_view purpose);

    std::uint32_t next_u32() noexcept;
    std::uint64_t next_u64() noexcept;
    /// Uniform in [0, 1) with 24 bits.
    float uniform() noexcept;
    /// Standard normal (Box-Muller), computed in double.
    float normal() noexcept;
    /// Uniform in [0, bound), exact (Lemire 2019). `bound` > 0.
    std::uint64_t below(std::uint64_t bound) noexcept;
    /// Random access: word `index` of the stream, whatever was drawn before.
    std::uint64_t at(std::uint64_t index) const noexcept;

    // UniformRandomBitGenerator, for <random> and <algorithm>.
    using result_type = std::uint64_t;
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
    result_type operator()() noexcept { return next_u64(); }

  private:
    std::array<std::uint32_t, 2> key_;
    std::uint64_t block_ = 0;
    std::array<std::uint32_t, 4> words_{};
    unsigned left_ = 0;
    bool has_spare_normal_ = false;
    float spare_normal_ = 0;
};

/// A uniformly random order of 0..count-1 (Fisher-Yates).
std::vector<std::uint32_t> random_permutation(std::uint32_t count, Random& random);

}  // namespace espalier
