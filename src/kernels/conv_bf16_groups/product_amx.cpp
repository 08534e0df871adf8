// Spans by tiles of AMX: sums of 32 outputs and 32 positions, or of 16 and 64, are four tiles. What a chunk
// of columns reads is gathered one chunk ahead, into a ring of two that stays in the L1 cache, and the sums
// of a unit are finished behind the first chunk of the next: so loads, stores and products overlap.
#include "kernels/conv_bf16_groups/span_task.h"

#if defined(__x86_64__)

#include "kernels/amx_tiles.h"
#include "kernels/conv_bf16_groups/finish_avx512.h"
#include "kernels/conv_bf16_groups/gather_avx512.h"

namespace espalier::kernels {
namespace {

/// Walks over the chunks of all units of all spans, and gathers what they read.
template <int kHalves>
class GatherAhead {
  public:
    ESPALIER_AMX_BF16 explicit GatherAhead(const SpanTask& task) : task_(task), span_(task.first) {
        group_ = task.weights->groups().data();
        end_ = group_ + task.weights->groups().size();
    }

    ESPALIER_AMX_BF16 __attribute__((always_inline)) inline void next(std::byte* to) {
        if (span_ == task_.last) return;
        const std::int32_t* const offsets =
            task_.offsets + group_->first_column + chunk_ * GroupTiles::kChunk;
        const std::int64_t columns = group_->columns - chunk_ * GroupTiles::kChunk;
        const std::int64_t position = span_ * 32 * kHalves;
        const std::int64_t left = task_.masked ? task_.planes->positions() - position : 32 * kHalves;
        if (columns >= GroupTiles::kChunk && left >= 32 * kHalves) {
            SpanGather<kHalves>::full(offsets, task_.x + position, to);
        } else {
            SpanGather<kHalves>::part(offsets, columns, left, task_.x + position, to);
        }
        if (++chunk_ < group_->chunks) return;
        chunk_ = 0;
        if (++group_ < end_) return;
        group_ = task_.weights->groups().data();
        ++span_;
    }

  private:
    const SpanTask& task_;
    const GroupTiles::Group* group_;
    const GroupTiles::Group* end_;
    std::int64_t chunk_ = 0;
    std::int64_t span_;
};

/// Sums that wait to be finished.
struct Waiting {
    const float* sums = nullptr;
    std::int64_t group = 0, span = 0;
};

template <int kHalves>
ESPALIER_AMX_BF16 __attribute__((noinline)) void finish(const SpanTask& task, Waiting& waiting) {
    if (waiting.sums == nullptr) return;
    constexpr std::int64_t kRows = kHalves == 1 ? 32 : 16;
    const std::int64_t left = task.weights->rows() - waiting.group * kRows;
    for (int half = 0; half < kHalves; ++half) {
        const SpanFinish one(task, waiting.group * kRows, waiting.span * kHalves + half);
        one.run(waiting.sums + 32 * half, 32 * kHalves, left < kRows ? left : kRows);
    }
    waiting.sums = nullptr;
}

/// The products of one chunk: of two tiles of weights and two of input,
ESPALIER_AMX_BF16 __attribute__((always_inline)) inline void multiply_32(const std::uint16_t* a,
                                                                         const std::byte* b) {
    _tile_loadd(4, a, 64);
    _tile_loadd(6, b, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, b + SpanTask::kTileBytes, 64);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, a + SpanTask::kTileBytes / 2, 64);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
}

/// or of one and four.
ESPALIER_AMX_BF16 __attribute__((always_inline)) inline void multiply_16(const std::uint16_t* a,
                                                                         const std::byte* b) {
    _tile_loadd(4, a, 64);
    _tile_loadd(5, b, 64);
    _tile_dpbf16ps(0, 4, 5);
    _tile_loadd(6, b + SpanTask::kTileBytes, 64);
    _tile_dpbf16ps(1, 4, 6);
    _tile_loadd(7, b + 2 * SpanTask::kTileBytes, 64);
    _tile_dpbf16ps(2, 4, 7);
    _tile_loadd(5, b + 3 * SpanTask::kTileBytes, 64);
    _tile_dpbf16ps(3, 4, 5);
}

template <int kHalves>
ESPALIER_AMX_BF16 void store_sums(float* to) {
    constexpr int kStep = 32 * kHalves * sizeof(float);
    _tile_stored(0, to, kStep);
    _tile_stored(1, to + 16, kStep);
    if constexpr (kHalves == 1) {
        _tile_stored(2, to + 16 * 32, kStep);
        _tile_stored(3, to + 16 * 32 + 16, kStep);
    } else {
        _tile_stored(2, to + 32, kStep);
        _tile_stored(3, to + 48, kStep);
    }
}

template <int kHalves>
ESPALIER_AMX_BF16 void run(const SpanTask& task) {
    constexpr std::int64_t kChunkValues = (kHalves == 1 ? 32 : 16) * GroupTiles::kChunk;
    std::byte* ring[2] = {task.gathered, task.gathered + SpanGather<kHalves>::kBytes};
    float* sums[2] = {task.sums, task.sums + 1024};
    GatherAhead<kHalves> ahead(task);
    Waiting waiting;
    ahead.next(ring[0]);
    for (std::int64_t span = task.first; span < task.last; ++span) {
        const std::uint16_t* a = task.weights->values();
        for (std::size_t g = 0; g < task.weights->groups().size(); ++g) {
            _tile_zero(0);
            _tile_zero(1);
            _tile_zero(2);
            _tile_zero(3);
            const std::int64_t chunks = task.weights->groups()[g].chunks;
            for (std::int64_t chunk = 0; chunk < chunks; ++chunk, a += kChunkValues) {
                ahead.next(ring[1]);
                if constexpr (kHalves == 1) {
                    multiply_32(a, ring[0]);
                } else {
                    multiply_16(a, ring[0]);
                }
                if (chunk == 0) finish<kHalves>(task, waiting);
                std::byte* const used = ring[0];
                ring[0] = ring[1];
                ring[1] = used;
            }
            store_sums<kHalves>(sums[0]);
            waiting = {sums[0], static_cast<std::int64_t>(g), span};
            sums[0] = sums[1];
            sums[1] = const_cast<float*>(waiting.sums);
        }
    }
    finish<kHalves>(task, waiting);
}

}  // namespace

ESPALIER_AMX_BF16 void run_spans_amx(const SpanTask& task) {
    configure_tiles();
    task.weights->unit() == 32 ? run<1>(task) : run<2>(task);
    _tile_release();
}

}  // namespace espalier::kernels

#else

namespace espalier::kernels {
void run_spans_amx(const SpanTask&) {}
}  // namespace espalier::kernels

#endif
