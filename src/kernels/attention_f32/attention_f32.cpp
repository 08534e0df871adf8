// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/attention_f32/attention_f32.h"

#include <algorithm>
#include <cmath>

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention_f32/attention_f32.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/attention_f32/attention_scratch.h"
#include "kernels/instruction_set.h"
#include "kernels/parallel.h"
#include "kernels/vectors/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
constexpr auto kLanes = static_cast<std::int64_t>(hn::MaxLanes(D()));
constexpr std::int64_t kStrip = 2 * kLanes;  // columns of a tile of sums
constexpr std::size_t kRows = 6;             // of it: 12 sums, 2 vectors and a broadcast in 16 registers
static_assert(kMostStrip % kStrip == 0 && kRowsOfTile == kRows);

/// Where rows of a left operand lie.
struct Left {
    const float* data;
    std::int64_t row_step, column_step;
};

/// sums[row][0..kStrip) = factor[row] * sum over i < inner of left[row][i] * strip[i][..].
template <std::size_t kCount>
HWY_INLINE void tile(const Left& left, std::int64_t inner, const float* HWY_RESTRICT strip,
                     const float* HWY_RESTRICT factors, float* HWY_RESTRICT sums, std::int64_t sums_step) {
    const D d;
    V acc[kCount][2];
    HWY_UNROLL(6)
    for (std::size_t r = 0; r < kCount; ++r) acc[r][0] = acc[r][1] = hn::Zero(d);
    for (std::int64_t i = 0; i < inner; ++i) {
        const V first = hn::Load(d, strip + i * kStrip);
        const V second = hn::Load(d, strip + i * kStrip + kLanes);
        HWY_UNROLL(6)
        for (std::size_t r = 0; r < kCount; ++r) {
            const V x =
                hn::Set(d, left.data[static_cast<std::int64_t>(r) * left.row_step + i * left.column_step]);
            acc[r][0] = hn::MulAdd(x, first, acc[r][0]);
            acc[r][1] = hn::MulAdd(x, second, acc[r][1]);
        }
    }
    HWY_UNROLL(6)
    for (std::size_t r = 0; r < kCount; ++r) {
        const V factor = hn::Set(d, factors[r]);
        float* const to = sums + static_cast<std::int64_t>(r) * sums_step;
        hn::StoreU(hn::Mul(acc[r][0], factor), d, to);
        hn::StoreU(hn::Mul(acc[r][1], factor), d, to + kLanes);
    }
}

void any_tile(std::int64_t rows, const Left& left, std::int64_t inner, const float* strip,
              const float* factors, float* sums, std::int64_t sums_step) {
    switch (rows) {
        case 1:
            return tile<1>(left, inner, strip, factors, sums, sums_step);
        case 2:
            return tile<2>(left, inner, strip, factors, sums, sums_step);
        case 3:
            return tile<3>(left, inner, strip, factors, sums, sums_step);
        case 4:
            return tile<4>(left, inner, strip, factors, sums, sums_step);
        case 5:
            return tile<5>(left, inner, strip, factors, sums, sums_step);
        default:
            return tile<kRows>(left, inner, strip, factors, sums, sums_step);
    }
}

/// A matrix [inner][count] as strips [inner][kStrip], the last one filled up with zeros.
void pack(const float* from, std::int64_t inner, std::int64_t inner_step, std::int64_t count,
          std::int64_t count_step, float* HWY_RESTRICT to) {
    for (std::int64_t first = 0; first < count; first += kStrip) {
        const std::int64_t width = std::min(kStrip, count - first);
        const float* const strip = from + first * count_step;
        for (std::int64_t i = 0; i < inner; ++i, to += kStrip) {
            const float* const row = strip + i * inner_step;
            if (count_step == 1 && width == kStrip) {
                const D d;
                hn::Store(hn::LoadU(d, row), d, to);
                hn::Store(hn::LoadU(d, row + kLanes), d, to + kLanes);
                continue;
            }
            for (std::int64_t j = 0; j < width; ++j) to[j] = row[j * count_step];
            for (std::int64_t j = width; j < kStrip; ++j) to[j] = 0;
        }
    }
}

/// One row of scores, `keys` long.
void apply(const ScoreStep& step, const void* mask, std::int64_t at, std::int64_t keys, float* scores) {
    if (step.kind == ScoreStep::Kind::add) {
        const float* const added = static_cast<const float*>(mask) + at;
        if (step.mask.column_step == 0) {
            for (std::int64_t k = 0; k < keys; ++k) scores[k] += added[0];
        } else {
            for (std::int64_t k = 0; k < keys; ++k) scores[k] += added[k];
        }
        return;
    }
    const std::uint8_t* const flags = static_cast<const std::uint8_t*>(mask) + at;
    const bool covers = step.kind == ScoreStep::Kind::cover;
    for (std::int64_t k = 0; k < keys; ++k) {
        if ((flags[k * step.mask.column_step] != 0) == covers) scores[k] = step.value;
    }
}

/// Scores to powers, 0 from `keys` to `room`; gives one over their sum.
float powers(std::int64_t keys, std::int64_t room, float* HWY_RESTRICT scores) {
    const D d;
    std::fill(scores + keys, scores + room, -HUGE_VALF);
    V highest = hn::Load(d, scores);
    for (std::int64_t k = kLanes; k < room; k += kLanes) highest = hn::Max(hn::Load(d, scores + k), highest);
    const V most = hn::MaxOfLanes(d, highest);
    V sum = hn::Zero(d);
    for (std::int64_t k = 0; k + kLanes <= keys; k += kLanes) {
        const V power = exp_of(d, hn::Sub(hn::Load(d, scores + k), most));
        hn::Store(power, d, scores + k);
        sum = hn::Add(sum, power);
    }
    float all = hn::GetLane(hn::SumOfLanes(d, sum));
    for (std::int64_t k = keys / kLanes * kLanes; k < room; k += kLanes) {
        HWY_ALIGN float last[hn::MaxLanes(D())];
        hn::Store(exp_of(d, hn::Sub(hn::Load(d, scores + k), most)), d, last);
        for (std::int64_t j = 0; j < kLanes; ++j) {
            scores[k + j] = k + j < keys ? last[j] : 0.0F;
            all += scores[k + j];
        }
    }
    return 1 / all;
}

class Worker {
  public:
    Worker(const Attention& attention, const float* query, const float* key, const float* value,
           const void* const* masks, float* output, float* scratch)
        : shape_(attention),
          query_(query),
          key_(key),
          value_(value),
          masks_(masks),
          output_(output),
          room_(AttentionScratch(attention).room),
          block_(AttentionScratch(attention).block),
          scores_(scratch),
          keys_(scratch + AttentionScratch(attention).scores),
          values_(keys_ + AttentionScratch(attention).keys) {}

    void run(std::int64_t part) {
        const std::int64_t blocks = (shape_.queries + block_ - 1) / block_;
        const auto item = static_cast<std::size_t>(part / blocks);
        const std::int64_t first = part % blocks * block_;
        const std::int64_t rows = std::min(block_, shape_.queries - first);
        const bool direct = AttentionScratch(shape_).direct;
        if (!direct && item != item_) take(item);
        item_ = item;
        direct ? scores_of_few(item, first, rows) : scores_of(item, first, rows);
        float sums[kMostBlock];
        for (std::int64_t r = 0; r < rows; ++r) {
            float* const scores = scores_ + r * room_;
            for (std::size_t s = 0; s < shape_.steps.size(); ++s) {
                const ItemMatrices& mask = shape_.steps[s].mask;
                apply(shape_.steps[s], masks_[s], mask.items[item] + (first + r) * mask.row_step, shape_.keys,
                      scores);
            }
            sums[r] = powers(shape_.keys, room_, scores);
        }
        direct ? outputs_of_few(item, first, rows, sums) : outputs_of(item, first, rows, sums);
    }

  private:
    void take(std::size_t item) {
        pack(key_ + shape_.key.items[item], shape_.depth, shape_.key.column_step, shape_.keys,
             shape_.key.row_step, keys_);
        pack(value_ + shape_.value.items[item], shape_.keys, shape_.value.row_step, shape_.columns,
             shape_.value.column_step, values_);
    }

    void scores_of(std::size_t item, std::int64_t first, std::int64_t rows) {
        const float* const queries = query_ + shape_.query.items[item] + first * shape_.query.row_step;
        float scale[kRows];
        std::fill_n(scale, kRows, shape_.scale);
        const float* strip = keys_;
        for (std::int64_t k = 0; k < shape_.keys; k += kStrip, strip += shape_.depth * kStrip) {
            for (std::int64_t r = 0; r < rows; r += kRows) {
                const Left left{queries + r * shape_.query.row_step, shape_.query.row_step,
                                shape_.query.column_step};
                any_tile(rows - r, left, shape_.depth, strip, scale, scores_ + r * room_ + k, room_);
            }
        }
    }

    void outputs_of(std::size_t item, std::int64_t first, std::int64_t rows, const float* sums) {
        float* const outputs = output_ + shape_.output.items[item] + first * shape_.output.row_step;
        const float* strip = values_;
        for (std::int64_t c = 0; c < shape_.columns; c += kStrip, strip += shape_.keys * kStrip) {
            for (std::int64_t r = 0; r < rows; r += kRows) {
                const std::int64_t count = std::min<std::int64_t>(kRows, rows - r);
                const Left left{scores_ + r * room_, room_, 1};
                float* const to = outputs + r * shape_.output.row_step + c;
                if (c + kStrip <= shape_.columns) {
                    any_tile(count, left, shape_.keys, strip, sums + r, to, shape_.output.row_step);
                    continue;
                }
                HWY_ALIGN float last[kRows * static_cast<std::size_t>(kStrip)];
                any_tile(count, left, shape_.keys, strip, sums + r, last, kStrip);
                for (std::int64_t row = 0; row < count; ++row)
                    std::copy_n(last + row * kStrip, shape_.columns - c, to + row * shape_.output.row_step);
            }
        }
    }

    /// Rows of keys lie side by side in memory.
    void scores_of_few(std::size_t item, std::int64_t first, std::int64_t rows) {
        const D d;
        for (std::int64_t r = 0; r < rows; ++r) {
            const float* const query =
                query_ + shape_.query.items[item] + (first + r) * shape_.query.row_step;
            for (std::int64_t k = 0; k < shape_.keys; ++k) {
                const float* const key = key_ + shape_.key.items[item] + k * shape_.key.row_step;
                V sum = hn::Zero(d);
                V other = hn::Zero(d);
                std::int64_t i = 0;
                for (; i + 2 * kLanes <= shape_.depth; i += 2 * kLanes) {
                    sum = hn::MulAdd(hn::LoadU(d, query + i), hn::LoadU(d, key + i), sum);
                    other =
                        hn::MulAdd(hn::LoadU(d, query + i + kLanes), hn::LoadU(d, key + i + kLanes), other);
                }
                float score = hn::GetLane(hn::SumOfLanes(d, hn::Add(sum, other)));
                for (; i < shape_.depth; ++i) score += query[i] * key[i];
                scores_[r * room_ + k] = shape_.scale * score;
            }
        }
    }

    void outputs_of_few(std::size_t item, std::int64_t first, std::int64_t rows, const float* sums) {
        const D d;
        const float* const values = value_ + shape_.value.items[item];
        for (std::int64_t r = 0; r < rows; ++r) {
            const float* const scores = scores_ + r * room_;
            float* const to = output_ + shape_.output.items[item] + (first + r) * shape_.output.row_step;
            std::int64_t c = 0;
            for (; c + 4 * kLanes <= shape_.columns; c += 4 * kLanes) {
                V acc[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
                for (std::int64_t k = 0; k < shape_.keys; ++k) {
                    const float* const row = values + k * shape_.value.row_step + c;
                    const V x = hn::Set(d, scores[k]);
                    HWY_UNROLL(4)
                    for (std::int64_t v = 0; v < 4; ++v)
                        acc[v] = hn::MulAdd(x, hn::LoadU(d, row + v * kLanes), acc[v]);
                }
                const V factor = hn::Set(d, sums[r]);
                HWY_UNROLL(4)
                for (std::int64_t v = 0; v < 4; ++v)
                    hn::StoreU(hn::Mul(acc[v], factor), d, to + c + v * kLanes);
            }
            for (; c < shape_.columns; ++c) {
                float sum = 0;
                for (std::int64_t k = 0; k < shape_.keys; ++k)
                    sum += scores[k] * values[k * shape_.value.row_step + c];
                to[c] = sums[r] * sum;
            }
        }
    }

    const Attention& shape_;
    const float *query_, *key_, *value_;
    const void* const* masks_;
    float* output_;
    std::int64_t room_, block_;
    float *scores_, *keys_, *values_;
    std::size_t item_ = SIZE_MAX;  // of which keys and values are packed
};

/// Parts from `begin` on, before `end`: blocks of queries, item by item.
void run(const Attention& attention, const float* query, const float* key, const float* value,
         const void* const* masks, float* output, float* scratch, std::int64_t begin, std::int64_t end) {
    Worker worker(attention, query, key, value, masks, output, scratch);
    for (std::int64_t part = begin; part < end; ++part) worker.run(part);
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(run);
HWY_EXPORT(target_name);

}  // namespace

std::size_t attention_f32_scratch(const Attention& attention, int threads) {
    return static_cast<std::size_t>(AttentionScratch(attention).floats()) * sizeof(float) *
           static_cast<std::size_t>(threads);
}

void attention_f32(const Attention& attention, const float* query, const float* key, const float* value,
                   const void* const* masks, float* output, std::byte* scratch, int threads) noexcept {
    const AttentionScratch room(attention);
    const std::int64_t blocks = (attention.queries + room.block - 1) / room.block;
    const std::int64_t parts = blocks * static_cast<std::int64_t>(attention.query.items.size());
    const auto run_parts = HWY_DYNAMIC_DISPATCH(run);
    for_each_item(threads, threads, [&](std::int64_t share, int) {
        run_parts(attention, query, key, value, masks, output,
                  reinterpret_cast<float*>(scratch) + share * room.floats(), parts * share / threads,
                  parts * (share + 1) / threads);
    });
}

std::string attention_f32_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
