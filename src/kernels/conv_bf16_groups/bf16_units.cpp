// What of bf16 this processor and its operating system have.
#include "kernels/conv_bf16_groups/conv_bf16_groups.h"
#include "kernels/conv_bf16_groups/span_task.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace espalier::kernels {
namespace {

#if defined(__x86_64__) && defined(__linux__)

bool has_avx512_bf16() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bf16");
}

/// Linux gives a process the registers of tiles when it asks for them.
bool may_use_tiles() {
    constexpr long kRequestPermission = 0x1023, kTileData = 18;
    return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

bool has_amx_bf16() {
    constexpr unsigned kTile = 1U << 24, kBf16 = 1U << 22;
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
    return (d & kTile) != 0 && (d & kBf16) != 0 && may_use_tiles();
}

std::vector<Bf16Unit> find_units() {
    std::vector<Bf16Unit> units;
    if (!has_avx512_bf16()) return units;
    if (has_amx_bf16()) units.push_back(Bf16Unit::amx);
    units.push_back(Bf16Unit::avx512_bf16);
    return units;
}

#else

std::vector<Bf16Unit> find_units() { return {}; }

#endif

}  // namespace

std::vector<Bf16Unit> bf16_units() {
    static const std::vector<Bf16Unit> units = find_units();
    return units;
}

const char* name_of(Bf16Unit unit) { return unit == Bf16Unit::amx ? "amx" : "avx512_bf16"; }

std::size_t gathered_bytes(const GroupTiles& weights, Bf16Unit unit) {
    const std::int64_t chunk = (weights.unit() == 16 ? 4 : 2) * SpanTask::kTileBytes;
    return static_cast<std::size_t>(unit == Bf16Unit::amx ? 2 * chunk : weights.most_chunks() * chunk);
}

}  // namespace espalier::kernels
