#include "kernels/conv_winograd_f32/winograd_filters.h"

#include <algorithm>

namespace espalier::kernels {
namespace {

// Four filters at a time: what compilers make vectors of.
using Four = float[4];

/// to = G x for x of three.
inline void expand(const Four& x0, const Four& x1, const Four& x2, Four& to0, Four& to1, Four& to2,
                   Four& to3) {
    for (int i = 0; i < 4; ++i) {
        const float ends = 0.5F * (x0[i] + x2[i]);
        const float middle = 0.5F * x1[i];
        to0[i] = x0[i];
        to1[i] = ends + middle;
        to2[i] = ends - middle;
        to3[i] = x2[i];
    }
}

/// to = G' u for u of four.
inline void contract(const Four& u0, const Four& u1, const Four& u2, const Four& u3, Four& to0, Four& to1,
                     Four& to2) {
    for (int i = 0; i < 4; ++i) {
        const float half = 0.5F * (u1[i] + u2[i]);
        to0[i] = u0[i] + half;
        to1[i] = 0.5F * (u1[i] - u2[i]);
        to2[i] = half + u3[i];
    }
}

/// G w G' of four filters [3][3][4].
void transform(const Four w[9], Four to[kPositions]) {
    Four rows[4][3];
    for (int s = 0; s < 3; ++s)
        expand(w[s], w[3 + s], w[6 + s], rows[0][s], rows[1][s], rows[2][s], rows[3][s]);
    for (int r = 0; r < 4; ++r)
        expand(rows[r][0], rows[r][1], rows[r][2], to[4 * r], to[4 * r + 1], to[4 * r + 2], to[4 * r + 3]);
}

}  // namespace

std::vector<float> transformed_filters(const float* w, std::int64_t outputs, std::int64_t channels,
                                       bool turned) {
    const std::int64_t rows = turned ? channels : outputs;
    const std::int64_t columns = turned ? outputs : channels;
    std::vector<float> all(static_cast<std::size_t>(fours(rows) * kPositions * columns));
    float* block = all.data();
    for (std::int64_t row = 0; row < rows; row += 4, block += 4 * kPositions * columns) {
        for (std::int64_t column = 0; column < columns; ++column) {
            Four filters[9] = {};
            for (std::int64_t i = 0; i < std::min<std::int64_t>(4, rows - row); ++i) {
                const float* from =
                    w + 9 * (turned ? column * channels + row + i : (row + i) * channels + column);
                for (int tap = 0; tap < 9; ++tap) filters[tap][i] = from[turned ? 8 - tap : tap];
            }
            Four to[kPositions];
            transform(filters, to);
            for (std::int64_t p = 0; p < kPositions; ++p)
                std::copy_n(to[p], 4, block + 4 * (p * columns + column));
        }
    }
    return all;
}

void filters_of_sums(const float* sums, std::int64_t outputs, std::int64_t channels, float* dw) {
    const std::int64_t pitch = fours(channels);
    for (std::int64_t k = 0; k < outputs; ++k) {
        for (std::int64_t c = 0; c < channels; c += 4) {
            Four u[kPositions];
            for (std::int64_t p = 0; p < kPositions; ++p)
                std::copy_n(sums + (p * fours(outputs) + k) * pitch + c, 4, u[p]);
            Four rows[3][4];
            for (int s = 0; s < 4; ++s)
                contract(u[s], u[4 + s], u[8 + s], u[12 + s], rows[0][s], rows[1][s], rows[2][s]);
            Four filters[9];
            for (int r = 0; r < 3; ++r)
                contract(rows[r][0], rows[r][1], rows[r][2], rows[r][3], filters[3 * r], filters[3 * r + 1],
                         filters[3 * r + 2]);
            for (std::int64_t i = 0; i < std::min<std::int64_t>(4, channels - c); ++i) {
                float* to = dw + 9 * (k * channels + c + i);
                for (int tap = 0; tap < 9; ++tap) to[tap] = filters[tap][i];
            }
        }
    }
}

}  // namespace espalier::kernels
