#include "surgery/structure.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "espalier/error.h"
#include "prune/units/arrange.h"
#include "prune/units/granularity.h"
#include "prune/units/matrix_view.h"
#include "prune/units/tiling.h"

namespace espalier::surgery {
namespace {

using prune::Candidate;
using prune::Layout;
using prune::Tiling;

// From coarse to fine: a filter that is zero is blocks that are zero, too.
constexpr const char* kTiled[] = {"layer",      "filter",      "channel",     "kernel",     "block 16x16",
                                  "block 32x4", "block 8x8",   "block 32x2",  "block 8x4",  "vector 32x1",
                                  "block 4x4",  "vector 16x1", "vector 1x16", "vector 8x1", "vector 1x8",
                                  "vector 4x1", "vector 1x4"};

struct Pattern {
    std::int64_t kept, of;
};
constexpr Pattern kPatterns[] = {{1, 4}, {2, 4}, {1, 8}, {2, 8}, {4, 8}, {1, 16}, {2, 16}, {4, 16}, {8, 16}};

std::int64_t zeros_in(const Tiling& tiling, const Tiling::Piece& piece, std::span<const float> weight) {
    std::int64_t zeros = 0;
    for (std::int64_t row = piece.top; row < piece.top + piece.height; ++row) {
        const auto at = static_cast<std::size_t>(row * tiling.cols() + piece.left);
        zeros += std::ranges::count(weight.subspan(at, static_cast<std::size_t>(piece.width)), 0.0F);
    }
    return zeros;
}

std::optional<Structure> tiled(const char* text, const Candidate& candidate, const Layout& layout,
                               std::int64_t zeros) {
    const prune::Grain grain = prune::parse_grain(text);
    prune::Tile tile;
    try {
        tile = grain.granularity.tile(grain.arguments, candidate, layout);
    } catch (const InvalidArgument&) {  // not defined for it
        return std::nullopt;
    }
    if (tile.rows == 1 && tile.cols == 1) return std::nullopt;  // that is "element"
    if (!prune::fitted_size(grain, tile, layout).empty()) return std::nullopt;
    const Tiling tiling(layout, tile);
    Structure found{.granularity = text, .units = tiling.units(), .zero_units = 0};
    std::int64_t inside = 0;
    for (std::int64_t unit = 0; unit < tiling.units(); ++unit) {
        const Tiling::Piece piece = tiling.piece(unit, 1);
        if (zeros_in(tiling, piece, candidate.weight) < piece.height * piece.width) continue;
        ++found.zero_units;
        inside += piece.height * piece.width;
    }
    if (inside * 100 < zeros * 99) return std::nullopt;
    return found;
}

/// Groups of `of` inputs at one output and position of the kernel; the last ones may be shorter.
bool follows(const Pattern& pattern, const Layout& layout, std::span<const float> weight) {
    std::int64_t groups = 0;
    std::int64_t full = 0;  // that keep as many as they may
    const auto kept_at = [&](std::int64_t output, std::int64_t input, std::int64_t position) {
        const std::int64_t row = layout.output_axis == 0 ? output : input;
        const std::int64_t second = layout.output_axis == 0 ? input : output;
        return weight[static_cast<std::size_t>(row * layout.cols + second * layout.kernel + position)] != 0;
    };
    for (std::int64_t output = 0; output < layout.outputs(); ++output) {
        for (std::int64_t position = 0; position < layout.kernel; ++position) {
            for (std::int64_t first = 0; first + pattern.of <= layout.inputs(); first += pattern.of) {
                std::int64_t kept = 0;
                for (std::int64_t i = 0; i < pattern.of; ++i)
                    kept += kept_at(output, first + i, position) ? 1 : 0;
                if (kept > pattern.kept) return false;
                ++groups;
                full += kept == pattern.kept ? 1 : 0;
            }
        }
    }
    return groups > 0 && full * 10 >= groups * 9;
}

}  // namespace

Structure structure_of(const Candidate& stored) {
    prune::Request request;
    request.weights = {stored};
    request.weights[0].form.parts.clear();  // the rows of all
    const prune::Arranged arranged(request);
    const Candidate& candidate = arranged.request().weights[0];
    const Layout layout = prune::layout_of(candidate);
    const auto count = static_cast<std::int64_t>(candidate.weight.size());
    const std::int64_t zeros = std::ranges::count(candidate.weight, 0.0F);
    if (zeros * 1000 < count || zeros == 0) return {};
    for (const char* text : kTiled) {
        if (auto found = tiled(text, candidate, layout, zeros)) return *found;
    }
    for (const Pattern& pattern : kPatterns) {
        if (follows(pattern, layout, candidate.weight))
            return {.granularity = fmt::format("{}:{}", pattern.kept, pattern.of)};
    }
    return {.granularity = "element"};
}

}  // namespace espalier::surgery
