#include "kernels/conv_i8_quads/byte_quads.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "espalier/error.h"

namespace espalier::kernels {
namespace {

/// A quad of a row; channels behind the last one are zero.
struct Quad {
    std::int8_t values[4] = {};
    bool is_zero() const { return (values[0] | values[1] | values[2] | values[3]) == 0; }
};

Quad quad_at(const ConvShape& shape, std::span<const std::int16_t> w, std::int64_t row, std::int64_t index) {
    Quad quad;
    if (row >= shape.outputs) return quad;
    const std::int64_t of_pixel = quads_of(shape.channels);
    const std::int64_t first = index % of_pixel * 4;
    const std::int64_t at = (row * shape.taps() + index / of_pixel) * shape.channels + first;
    for (std::int64_t c = 0; c < std::min<std::int64_t>(4, shape.channels - first); ++c)
        quad.values[c] = static_cast<std::int8_t>(w[static_cast<std::size_t>(at + c)]);
    return quad;
}

bool has_quad(const ConvShape& shape, std::span<const std::int16_t> w, std::int64_t first, int unit,
              std::int64_t index) {
    for (std::int64_t row = first; row < std::min(first + unit, shape.outputs); ++row) {
        if (!quad_at(shape, w, row, index).is_zero()) return true;
    }
    return false;
}

}  // namespace

ByteQuads::ByteQuads(const ConvShape& shape, std::span<const std::int16_t> w, int unit)
    : rows_(shape.outputs), unit_(unit) {
    const bool known = unit == 4 || unit == 8 || unit == 16 || unit == 32;
    if (!known || std::ssize(w) != shape.outputs * shape.columns() || !fit(w)) {
        throw InvalidArgument(fmt::format("{} weights of 8 bits in groups of {} rows for a matrix of {}x{}",
                                          w.size(), unit, shape.outputs, shape.columns()));
    }
    for (std::int64_t first = 0; first < rows_; first += unit) {
        Group group{
            .first_quad = std::ssize(quads_), .quads = 0, .first_value = std::ssize(values_), .chunks = 0};
        for (std::int64_t index = 0; index < shape.taps() * quads_of(shape.channels); ++index) {
            if (has_quad(shape, w, first, unit, index)) quads_.push_back(static_cast<std::int32_t>(index));
        }
        group.quads = std::ssize(quads_) - group.first_quad;
        group.chunks = std::max<std::int64_t>(1, (group.quads + kChunk - 1) / kChunk);
        const std::int64_t stored = in_tiles() ? group.chunks * kChunk : group.quads;
        values_.resize(values_.size() + static_cast<std::size_t>(stored * unit * 4), 0);
        for (std::int64_t i = 0; i < group.quads; ++i) {
            for (std::int64_t row = 0; row < unit; ++row) {
                const Quad quad =
                    quad_at(shape, w, first + row, quads_[static_cast<std::size_t>(group.first_quad + i)]);
                const std::int64_t place =
                    in_tiles() ? ((i / kChunk * unit + row) * kChunk + i % kChunk) : i * unit + row;
                std::copy_n(quad.values, 4, values_.data() + group.first_value + place * 4);
            }
        }
        groups_.push_back(group);
    }
    for (std::int64_t row = 0; row < rows_; ++row) {
        const auto of_row = w.subspan(static_cast<std::size_t>(row * shape.columns()),
                                      static_cast<std::size_t>(shape.columns()));
        sums_.push_back(std::accumulate(of_row.begin(), of_row.end(), std::int32_t{0}));
    }
}

bool ByteQuads::fit(std::span<const std::int16_t> w) {
    return std::ranges::all_of(w, [](std::int16_t value) { return value >= -128 && value <= 127; });
}

double ByteQuads::share(const ConvShape& shape, std::span<const std::int16_t> w, int unit) {
    std::int64_t stored = 0, all = 0;
    for (std::int64_t first = 0; first < shape.outputs; first += unit) {
        for (std::int64_t index = 0; index < shape.taps() * quads_of(shape.channels); ++index, ++all)
            stored += has_quad(shape, w, first, unit, index) ? 1 : 0;
    }
    return all == 0 ? 1 : static_cast<double>(stored) / static_cast<double>(all);
}

}  // namespace espalier::kernels
