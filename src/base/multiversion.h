// ESPALIER_MULTIVERSION before a function compiles it once for each vector width and picks one when the
// program is loaded. For plain loops that the compiler vectorises; kernels with a shape of their own use
// Highway.
#pragma once

// The picking (an ifunc) runs before a sanitizer's runtime is up, so it is left out under sanitizers.
#if defined(__x86_64__) && defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define ESPALIER_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ESPALIER_MULTIVERSION
#endif
