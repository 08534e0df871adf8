// The BLAS that LibTorch was loaded with, if it is OpenBLAS.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace espalier::train {

/// The kernels OpenBLAS should be started with instead of those it has taken, `core` ("Haswell", "SkylakeX",
/// ...), or nothing if they fit. `avx2` and `avx512` are what the processor can do.
std::optional<std::string> better_kernels(std::string_view core, bool avx2, bool avx512);

/// OpenBLAS chooses its kernels when it is loaded, by the processor's number, and takes those of a machine of
/// 2004 for one that is newer than itself: products then take eight times as long. True if the program is to
/// start again with better ones (base/start_again.h), false if they fit or the user has chosen
/// (OPENBLAS_CORETYPE). What the program starts inherits them.
bool choose_blas_kernels();

/// An OpenBLAS that brings threads of its own is held to one (docs/decisions/2026-11-25-blas-threads.md), one
/// on OpenMP uses `threads`.
void set_blas_threads(int threads);

}  // namespace espalier::train
