// Functions for instructions that the rest of the library is not compiled for. They may be called only where
// cpu_features.h says that the processor has them.
#pragma once

#include <cstdint>

#define ESPALIER_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define ESPALIER_AVX512_INLINE ESPALIER_AVX512 __attribute__((always_inline)) inline
#define ESPALIER_AVX512_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#define ESPALIER_AVX512_VBMI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi")))
#define ESPALIER_AMX_INT8 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,amx-tile,amx-int8")))
#define ESPALIER_AVX512_BF16 \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi2,avx512bf16")))
#define ESPALIER_AVX512_BF16_INLINE ESPALIER_AVX512_BF16 __attribute__((always_inline)) inline
#define ESPALIER_AMX_BF16 \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi2,avx512bf16,amx-tile,amx-bf16")))
#define ESPALIER_AVX512_FP16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512fp16")))
#define ESPALIER_AVX512_FP16_INLINE ESPALIER_AVX512_FP16 __attribute__((always_inline)) inline

namespace espalier::kernels {

/// A mask of the first `count` of 64 lanes; of all of them from 64 on.
inline std::uint64_t first_bits(std::int64_t count) {
    return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

}  // namespace espalier::kernels
