#include "lottery/pruning/search_order.h"

#include <fmt/format.h>

#include <limits>

#include "espalier/error.h"
#include "espalier/safetensors.h"
#include "espalier/surgery.h"
#include "lottery/network/examples.h"
#include "lottery/pruning/pruner.h"
#include "surgery/permutation/permutation.h"
#include "tensor/apart.h"
#include "train/loop/trainer.h"

namespace espalier::lottery {
namespace {

constexpr std::int64_t kExamples = 8;  // that prove it
constexpr double kTolerance = 1e-4;    // of the largest output: sums in another order
constexpr const char* kSaid = "said";
constexpr const char* kMetadata = "metadata";

/// What the rounds of the recipe, one after the other, leave by magnitude.
prune::MaskSet left_by_magnitude(Recipe recipe, const Graph& graph, const data::Dataset& dataset,
                                 std::uint64_t seed) {
    recipe.prune.criterion = "magnitude";
    recipe.prune.score_rounds = 1;
    const prune::MaskSet all = surgery::all_kept(graph, recipe.prune.include);
    return Pruner(recipe, graph, dataset, seed)
        .cut_rounds(
            {.weights = graph.initializers, .masks = all, .initial = graph.initializers, .movement = nullptr},
            1, static_cast<int>(recipe.prune.rounds));
}

/// The largest difference of outputs on a few examples, over the largest output; NaN if no output is finite.
double difference(const Recipe& recipe, const Graph& before, const Graph& after,
                  const data::Dataset& dataset) {
    const auto run = [&](const Graph& graph) {
        return train::predict(graph, {}, examples_from(dataset.train, 0, kExamples), dataset.normalization, 1,
                              recipe.model.output);
    };
    const Apart outputs = apart(run(before).f32(), run(after).f32());
    return outputs.has_number ? outputs.share : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

SearchOrder find_order(const Recipe& recipe, Graph graph, const Weights& weights,
                       const data::Dataset& dataset, std::uint64_t seed) {
    for (const auto& [name, weight] : weights) graph.initializers.at(name) = weight;
    surgery::UnitOrder wanted = surgery::unit_order(recipe.prune.granularity);
    const prune::MaskSet masks = left_by_magnitude(recipe, graph, dataset, seed);
    for (const auto& [name, mask] : masks)
        wanted.shares[name] = static_cast<double>(mask.kept()) / static_cast<double>(mask.count());
    Graph moved = graph;
    SearchOrder order;
    const std::vector<surgery::Reordered> units = surgery::reorder(moved, wanted, &order.axes);
    surgery::OrderGain gain = surgery::gain_of(units);
    gain.before = surgery::magnitude_kept(graph.initializers, masks);
    gain.after = surgery::magnitude_kept(moved.initializers, left_by_magnitude(recipe, moved, dataset, seed));
    if (!gain.is_applied()) return {.axes = {}, .said = to_text(gain), .metadata = {}};
    gain.difference = difference(recipe, graph, moved, dataset);
    if (!(gain.difference <= kTolerance))
        recipe.fail("prune.permute",
                    fmt::format(": the order could not be proved: outputs differ by {:.2g} of the largest",
                                gain.difference));
    order.said = to_text(gain);
    order.metadata = metadata_of(gain, recipe.prune.granularity);
    return order;
}

void save(const std::filesystem::path& path, const SearchOrder& order) {
    write_safetensors(path, to_tensors(order.axes), {{kSaid, order.said}, {kMetadata, order.metadata}});
}

SearchOrder load_order(const std::filesystem::path& path) {
    const SafetensorsFile file = read_safetensors(path);
    const auto text = [&](const char* key) {
        const auto found = file.metadata.find(key);
        return found == file.metadata.end() ? std::string() : found->second;
    };
    try {
        return {.axes = orders_from(file.tensors), .said = text(kSaid), .metadata = text(kMetadata)};
    } catch (const BadData& error) {
        throw BadData(fmt::format("{}: {}", path.string(), error.what()));
    }
}

}  // namespace espalier::lottery
