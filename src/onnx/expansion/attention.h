// Scaled dot-product attention (Vaswani et al. 2017) spelled with products and a Softmax:
//   softmax(scale * q k^T + bias) v, for every example and head.
#pragma once

#include "onnx/expansion/expansion.h"

namespace espalier::onnx {

/// [N, S, heads * D] as [N, heads, S, D], and back.
std::string split_heads(Expansion& e, const std::string& value, std::int64_t heads);
std::string merge_heads(Expansion& e, const std::string& value);

struct AttentionParts {
    std::string q, k, v;  // [N, heads, S, D], [N, heads, T, D], [N, heads, T, E]
    DType dtype = DType::f32;
    float scale = 1;
    float softcap = 0;              // 0: none; else scores become softcap * tanh(scores / softcap)
    std::vector<std::string> bias;  // added to the scores [N, heads, S, T]
    std::string scores = {};        // filled: q k^T
    std::string shares = {};        // filled: the softmax
};

/// The value [N, heads, S, E].
std::string attend(Expansion& e, AttentionParts& parts);

/// 0 where key t may be seen from query s, t <= s + the keys that came before, else `hidden`: [S, T], of
/// `dtype`. `past` [N, heads, P, D] is what came before; "" if nothing did.
std::string causal_bias(Expansion& e, const std::string& q, const std::string& k, const std::string& past,
                        DType dtype, float hidden);
/// 0 where the bool `seen` holds, else `hidden`.
std::string bias_where(Expansion& e, const std::string& seen, DType dtype, float hidden);

}  // namespace espalier::onnx
