// What is cut: a granularity divides a tensor into units that are kept or cut as a whole, or fixes a pattern.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/table.h"
#include "espalier/prune.h"
#include "prune/units/tiling.h"

namespace espalier::prune {

/// What stands behind a granularity's name: "block 4x1" has a = 4, b = 1.
struct Arguments {
    std::int64_t a = 0;
    std::int64_t b = 0;
    std::string_view word = "";  // outlives the text it was read from
};

struct Granularity {
    std::string_view name;
    std::string_view summary;
    std::string_view usage;    // how it is written: "block RxC"
    std::string_view example;  // "block 4x1"
    std::string_view edges;    // what happens where a shape does not divide
    /// Throws InvalidArgument on anything but what `usage` says.
    Arguments (*parse)(std::string_view arguments);
    /// The unit of this tensor. Throws InvalidArgument if there is none. nullptr: a pattern of a in b
    /// instead.
    Tile (*tile)(const Arguments& arguments, const Candidate& candidate, const Layout& layout) = nullptr;
    /// A unit is a whole layer, so that to cut any is to empty a layer.
    bool whole_layers = false;
    /// The arguments are outputs and inputs of a unit, which narrower layers have fewer of.
    bool is_sized = false;
};

/// The files of prune/granularities.
const Table<Granularity>& granularities();

/// A granularity as a request writes it.
struct Grain {
    const Granularity& granularity;
    Arguments arguments;
    std::string text;
};
/// Throws InvalidArgument.
Grain parse_grain(const std::string& text);
/// The size of a layer's units, as "10x1", where it is too narrow for the size that is asked for; else "".
std::string fitted_size(const Grain& grain, const Tile& tile, const Layout& layout);

// For the entries.
/// Throws InvalidArgument unless there are no arguments.
Arguments no_arguments(std::string_view text);
/// "4x1" with separator 'x', "2:4" with ':'. Throws InvalidArgument unless both are numbers from 1.
Arguments pair_of(std::string_view text, char separator);
/// "12". Throws InvalidArgument unless a number from 1.
std::int64_t number_of(std::string_view text);
/// A block of `block.rows` outputs by `block.cols` inputs. Of a layer that has fewer (in a grouped
/// convolution: of each group, whose outputs read inputs of their own) the largest that fits; with inputs
/// first and a kernel, where the outputs of a position lie apart, one output.
Tile block_tile(Tile block, const Layout& layout);

}  // namespace espalier::prune
