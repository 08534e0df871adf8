// Spans by tiles of AMX: sums of 32 rows and 32 positions, or of 16 and 64, are four tiles. What a chunk of
// quads meets is gathered one chunk ahead, and the sums of a group are finished behind the first chunk of the
// next.
#include "kernels/conv_i8_quads/quad_task.h"

#if defined(__x86_64__)

#include "kernels/amx_tiles.h"
#include "kernels/conv_i8_quads/finish_avx512.h"

namespace espalier::kernels {
namespace {

/// `kTiles` tiles of 16 quads at 16 positions; what no quad fills meets weights of 0.
template <int kTiles>
ESPALIER_AVX512 __attribute__((noinline)) void gather(const std::int32_t* offsets, std::int64_t quads,
                                                      const std::uint8_t* x, std::byte* to) {
    const int rows = quads < 16 ? static_cast<int>(quads) : 16;
    for (int row = 0; row < rows; ++row) {
#pragma GCC unroll 4
        for (int tile = 0; tile < kTiles; ++tile) {
            _mm512_store_si512(to + tile * QuadTask::kTileBytes + row * 64,
                               _mm512_loadu_si512(x + offsets[row] + 64 * tile));
        }
    }
}

/// Walks over the chunks of all groups of all spans, and gathers what they meet.
template <int kTiles>
class GatherAhead {
  public:
    explicit GatherAhead(const QuadTask& task)
        : task_(task), group_(task.weights->groups().data()), span_(task.first) {}

    ESPALIER_AMX_INT8 void next(std::byte* to) {
        if (span_ == task_.last) return;
        const std::int64_t done = chunk_ * ByteQuads::kChunk;
        gather<kTiles>(task_.offsets + group_->first_quad + done, group_->quads - done,
                       task_.x + span_ * 64 * kTiles, to);
        if (++chunk_ < group_->chunks) return;
        chunk_ = 0;
        if (++group_ < task_.weights->groups().data() + task_.weights->groups().size()) return;
        group_ = task_.weights->groups().data();
        ++span_;
    }

  private:
    const QuadTask& task_;
    const ByteQuads::Group* group_;
    std::int64_t chunk_ = 0;
    std::int64_t span_;
};

/// Sums that wait to be finished.
struct Waiting {
    const std::int32_t* sums = nullptr;
    std::int64_t output = 0, span = 0;
};

template <int kTiles>
ESPALIER_AMX_INT8 __attribute__((noinline)) void finish_unit(const QuadFinish& finish, const QuadTask& task,
                                                             Waiting& waiting) {
    if (waiting.sums == nullptr) return;
    for (std::int64_t row = 0; row < task.weights->unit(); row += 16) {
        if (waiting.output + row >= task.weights->rows()) break;
        for (std::int64_t v = 0; v < kTiles; ++v) {
            finish.run(waiting.sums + row * 16 * kTiles + 16 * v, 16 * kTiles, waiting.output + row,
                       waiting.span * kTiles + v);
        }
    }
    waiting.sums = nullptr;
}

ESPALIER_AMX_INT8 __attribute__((always_inline)) inline void multiply_32(const std::int8_t* a,
                                                                         const std::byte* b) {
    _tile_loadd(4, a, 64);
    _tile_loadd(6, b, 64);
    _tile_dpbsud(0, 4, 6);
    _tile_loadd(7, b + QuadTask::kTileBytes, 64);
    _tile_dpbsud(1, 4, 7);
    _tile_loadd(5, a + QuadTask::kTileBytes, 64);
    _tile_dpbsud(2, 5, 6);
    _tile_dpbsud(3, 5, 7);
}

ESPALIER_AMX_INT8 __attribute__((always_inline)) inline void multiply_16(const std::int8_t* a,
                                                                         const std::byte* b) {
    _tile_loadd(4, a, 64);
    _tile_loadd(5, b, 64);
    _tile_dpbsud(0, 4, 5);
    _tile_loadd(6, b + QuadTask::kTileBytes, 64);
    _tile_dpbsud(1, 4, 6);
    _tile_loadd(7, b + 2 * QuadTask::kTileBytes, 64);
    _tile_dpbsud(2, 4, 7);
    _tile_loadd(5, b + 3 * QuadTask::kTileBytes, 64);
    _tile_dpbsud(3, 4, 5);
}

template <int kTiles>
ESPALIER_AMX_INT8 void store_sums(std::int32_t* to) {
    constexpr int kStep = 64 * kTiles;
    _tile_stored(0, to, kStep);
    _tile_stored(1, to + 16, kStep);
    _tile_stored(2, kTiles == 2 ? to + 16 * 32 : to + 32, kStep);
    _tile_stored(3, kTiles == 2 ? to + 16 * 32 + 16 : to + 48, kStep);
}

template <int kTiles>
ESPALIER_AMX_INT8 void run(const QuadTask& task) {
    constexpr std::int64_t kUnit = kTiles == 2 ? 32 : 16;
    std::byte* ring[2] = {task.gathered, task.gathered + kTiles * QuadTask::kTileBytes};
    std::int32_t* sums[2] = {task.sums, task.sums + 1024};
    const QuadFinish finish(task);
    GatherAhead<kTiles> ahead(task);
    Waiting waiting;
    ahead.next(ring[0]);
    int used = 0, written = 0;
    for (std::int64_t span = task.first; span < task.last; ++span) {
        std::int64_t output = 0;
        for (const ByteQuads::Group& group : task.weights->groups()) {
            const std::int8_t* a = task.weights->values() + group.first_value;
            _tile_zero(0);
            _tile_zero(1);
            _tile_zero(2);
            _tile_zero(3);
            for (std::int64_t chunk = 0; chunk < group.chunks; ++chunk, a += kUnit * 64) {
                ahead.next(ring[1 - used]);
                if constexpr (kTiles == 2) {
                    multiply_32(a, ring[used]);
                } else {
                    multiply_16(a, ring[used]);
                }
                used = 1 - used;
                if (chunk == 0) finish_unit<kTiles>(finish, task, waiting);
            }
            store_sums<kTiles>(sums[written]);
            waiting = {sums[written], output, span};
            written = 1 - written;
            output += kUnit;
        }
    }
    finish_unit<kTiles>(finish, task, waiting);
}

}  // namespace

ESPALIER_AMX_INT8 void run_quads_amx(const QuadTask& task) {
    configure_tiles();
    task.weights->unit() == 32 ? run<2>(task) : run<4>(task);
    _tile_release();
}

}  // namespace espalier::kernels

#else

namespace espalier::kernels {
void run_quads_amx(const QuadTask&) {}
}  // namespace espalier::kernels

#endif
