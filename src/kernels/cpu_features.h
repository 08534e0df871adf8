// Instructions of this processor, beyond those that Highway looks after, which its operating system allows.
#pragma once

namespace espalier::kernels {

bool has_avx512_vnni();
bool has_avx512_vbmi();
/// With moves of 16 bits (VBMI2), which every processor with BF16 of x86 but one has.
bool has_avx512_bf16();
bool has_avx512_fp16();
bool has_amx_int8();
bool has_amx_bf16();

}  // namespace espalier::kernels
