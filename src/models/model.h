// A built-in network: one file each in models/networks. Networks of one family share a file beside this one.
#pragma once

#include <span>

#include "base/table.h"
#include "espalier/models.h"
#include "graph/builder.h"

namespace espalier::models {

/// What a name carries behind its prefix: {512, 512} in "mlp-512-512".
using Numbers = std::span<const std::int64_t>;

struct Model {
    std::string_view name;
    std::string_view summary;
    Graph (*build)(const Options& options, Numbers numbers);
    /// A network whose name carries numbers: what they follow ("mlp-"), and how many there may be. `name` is
    /// then the pattern that people read.
    std::string_view prefix = {};
    std::size_t min_numbers = 0;
    std::size_t max_numbers = 0;
};

const Table<Model>& networks();

/// The network that answers to `name`, nullptr if there is none.
const Model* find(std::string_view name);

/// Rules to draw initial weights: models/initializations.
struct Initialization {
    std::string_view name;
    std::string_view summary;
    Initializer fill = nullptr;
};

const Table<Initialization>& initializations();

/// A builder with the initialisation that `options` ask for, or else `own`.
GraphBuilder start(const Options& options, std::string_view name, std::string_view own = "glorot-normal");
/// Adds the input of `options` to it, after checking that examples are images of at least `least` pixels a
/// side.
std::string input(GraphBuilder& builder, const Options& options, std::int64_t least = 1);

}  // namespace espalier::models
