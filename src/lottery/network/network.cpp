// The network that an experiment is about: a built-in one, or somebody's ONNX file.
#include "espalier/lottery.h"
#include "espalier/models.h"
#include "lottery/network/imported.h"

namespace espalier::lottery {
Graph network(const Recipe& recipe, const data::Dataset& dataset, std::uint64_t seed) {
    if (!recipe.model.onnx.empty()) return imported(recipe, dataset);
    return models::build(recipe.model.network, {.example_shape = dataset.example_shape(),
                                                .classes = dataset.classes,
                                                .seed = seed,
                                                .initialization = recipe.model.initialization});
}

Weights fresh_weights(const Recipe& recipe, const data::Dataset& dataset, std::uint64_t seed) {
    Graph graph = network(recipe, dataset, seed);
    if (recipe.model.onnx.empty()) return std::move(graph.initializers);
    return std::move(models::reinitialized(std::move(graph), seed, recipe.model.initialization).initializers);
}

std::string network_name(const Recipe& recipe) {
    return recipe.model.onnx.empty() ? recipe.model.network
                                     : std::filesystem::path(recipe.model.onnx).filename().string();
}

}  // namespace espalier::lottery
