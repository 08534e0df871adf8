// Instruction sets that code by Highway is built for: AVX-512, AVX2, SSE4, NEON and a portable one. To be
// included before any header of Highway. SSSE3 is left to the portable one, being older than 2008; the sets
// whose vector length is known only when running (SVE, RISC-V) cannot be held in arrays of accumulators, so
// NEON serves there.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
