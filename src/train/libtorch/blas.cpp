#include "train/libtorch/blas.h"

#include <dlfcn.h>
#include <hwy/targets.h>

#include <cstdlib>

#include "base/start_again.h"

namespace espalier::train {
namespace {

/// A function of OpenBLAS, null if LibTorch was loaded with another library.
template <class Function>
Function* openblas(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
}

/// Whether the processor has the instructions of one of these targets of Highway's.
bool can(std::int64_t targets) { return (hwy::SupportedTargets() & targets) != 0; }

}  // namespace

std::optional<std::string> better_kernels(std::string_view core, bool avx2, bool avx512) {
    const bool guessed = core == "Prescott" || core == "Core2" || core == "Nehalem";
    if (!guessed || !avx2) return {};
    return avx512 ? "SkylakeX" : "Haswell";
}

bool choose_blas_kernels() {
    if (std::getenv("OPENBLAS_CORETYPE") != nullptr) return false;
    const auto core = openblas<char*()>("openblas_get_corename");
    if (core == nullptr) return false;
    const auto better = better_kernels(core(), can(HWY_AVX2 | HWY_AVX3), can(HWY_AVX3));
    if (better) set_environment("OPENBLAS_CORETYPE", better->c_str());
    return better.has_value();
}

void set_blas_threads(int threads) {
    constexpr int kOwnThreads = 1;  // of openblas_get_parallel: 0 is serial, 2 OpenMP
    const auto built = openblas<int()>("openblas_get_parallel");
    const auto set = openblas<void(int)>("openblas_set_num_threads");
    if (built != nullptr && set != nullptr) set(built() == kOwnThreads ? 1 : threads);
}

}  // namespace espalier::train
