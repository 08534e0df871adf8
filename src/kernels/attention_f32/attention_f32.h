// Attention of many heads in one pass: Y = softmax(scale * Q K' + what is done to the scores) V, for each
// item (a head of an example).
//
// Blocks of queries keep their scores in the L1 cache from the first product to the second. Keys and values
// are copied into strips as wide as two vectors, once an item; for a few queries (a decoder's next token)
// they are read where they lie, as the copy would cost more than the product.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace espalier::kernels {

/// A matrix an item: element [row][column] of item i lies at items[i] + row * row_step + column *
/// column_step, counted in elements.
struct ItemMatrices {
    std::vector<std::int64_t> items;
    std::int64_t row_step = 0, column_step = 0;
};

/// One thing that is done to the scores before the softmax.
struct ScoreStep {
    enum class Kind : unsigned char {
        add,    // += mask, of f32
        keep,   // where the mask, a byte, is 0: = value
        cover,  // where it is not 0: = value
    } kind = Kind::add;
    ItemMatrices mask;  // columns lie side by side (column_step 1) or are all one (0)
    float value = 0;
};

struct Attention {
    std::int64_t queries = 0, keys = 0;
    std::int64_t depth = 0;    // of queries and keys
    std::int64_t columns = 0;  // of values
    float scale = 1;
    ItemMatrices query = {}, key = {};     // [queries][depth], [keys][depth]
    ItemMatrices value = {}, output = {};  // [keys][columns], [queries][columns]; column_step 1
    std::vector<ScoreStep> steps = {};
};

/// Bytes at `scratch`, aligned to a cache line.
std::size_t attention_f32_scratch(const Attention& attention, int threads);

/// `masks[i]` is of `steps[i]`. A row of scores of which the largest is -Inf, or any is NaN, gives NaN, as
/// the formula does. The result does not depend on `threads`.
void attention_f32(const Attention& attention, const float* query, const float* key, const float* value,
                   const void* const* masks, float* output, std::byte* scratch, int threads) noexcept;

/// The instruction set it runs with: "avx2".
std::string attention_f32_instruction_set();

/// The same in plain loops, in double.
void attention_f32_reference(const Attention& attention, const float* query, const float* key,
                             const float* value, const void* const* masks, double* output);

}  // namespace espalier::kernels
