// Functions for instructions that the rest of the library is not compiled for. They may be called only where
// bf16_units() has the unit.
#pragma once

#define ESPALIER_AVX512_BF16 \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi2,avx512bf16")))
#define ESPALIER_AVX512_BF16_INLINE ESPALIER_AVX512_BF16 __attribute__((always_inline)) inline
#define ESPALIER_AMX_BF16 \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi2,avx512bf16,amx-tile,amx-bf16")))
