#include "kernels/cpu_features.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace espalier::kernels {

#if defined(__x86_64__) && defined(__linux__)

namespace {

bool has_avx512() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

/// Linux gives a process the registers of tiles when it asks for them.
bool may_use_tiles() {
    constexpr long kRequestPermission = 0x1023, kTileData = 18;
    static const bool may = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
    return may;
}

/// All of these bits of leaf 7 of CPUID, register EDX.
bool has_bits(unsigned wanted) {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & wanted) == wanted;
}

bool has_amx(unsigned kind) {
    constexpr unsigned kTile = 1U << 24;
    return has_bits(kTile | kind) && has_avx512() && may_use_tiles();
}

}  // namespace

bool has_avx512_vnni() { return has_avx512() && __builtin_cpu_supports("avx512vnni"); }
bool has_avx512_vbmi() { return has_avx512() && __builtin_cpu_supports("avx512vbmi"); }
bool has_avx512_bf16() {
    return has_avx512() && __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bf16");
}
bool has_avx512_fp16() { return has_avx512() && has_bits(1U << 23); }
bool has_amx_int8() { return has_amx(1U << 25); }
bool has_amx_bf16() { return has_avx512_bf16() && has_amx(1U << 22); }

#else

bool has_avx512_vnni() { return false; }
bool has_avx512_vbmi() { return false; }
bool has_avx512_bf16() { return false; }
bool has_avx512_fp16() { return false; }
bool has_amx_int8() { return false; }
bool has_amx_bf16() { return false; }

#endif

}  // namespace espalier::kernels
