#include "base/threads/flush_denormals.h"

#include <omp.h>

#include <algorithm>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace espalier {
namespace {

#if defined(__x86_64__)
constexpr unsigned long kFlush = 0x8040;  // FTZ: results, DAZ: operands
unsigned long control_word() { return _mm_getcsr(); }
void set_control_word(unsigned long word) { _mm_setcsr(static_cast<unsigned>(word)); }
#elif defined(__aarch64__)
constexpr unsigned long kFlush = 1UL << 24;  // FZ
unsigned long control_word() {
    unsigned long word = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(word));
    return word;
}
void set_control_word(unsigned long word) { __asm__ volatile("msr fpcr, %0" : : "r"(word)); }
#else
constexpr unsigned long kFlush = 0;
unsigned long control_word() { return 0; }
void set_control_word(unsigned long) {}
#endif

}  // namespace

FlushDenormals::FlushDenormals(int threads) : own_(control_word()) {
    set_control_word(own_ | kFlush);
    if (threads <= 1) return;
    others_.assign(static_cast<std::size_t>(threads), own_);
#pragma omp parallel num_threads(threads)
    {
        const auto thread = static_cast<std::size_t>(omp_get_thread_num());
        if (thread > 0) {
            others_[thread] = control_word();
            set_control_word(others_[thread] | kFlush);
        }
    }
}

FlushDenormals::~FlushDenormals() {
    if (!others_.empty()) {
        const int threads = static_cast<int>(others_.size());
#pragma omp parallel num_threads(threads)
        {
            const auto thread = static_cast<std::size_t>(omp_get_thread_num());
            if (thread > 0) set_control_word(others_[thread]);
        }
    }
    set_control_word(own_);
}

}  // namespace espalier
