// The network that an experiment is about: a built-in one, or somebody's ONNX file.
#include <fmt/format.h>

#include "base/hash.h"
#include "espalier/lottery.h"
#include "espalier/models.h"
#include "espalier/onnx.h"

namespace espalier::lottery {
namespace {

void check_input(const Recipe& recipe, const Graph& graph, const data::Dataset& dataset) {
    if (graph.inputs.size() != 1)
        recipe.fail("model.onnx", fmt::format(": {} inputs, expected one, the images", graph.inputs.size()));
    const Dims& dims = graph.inputs.front().type.dims;
    Dims expected = to_dims(dataset.example_shape());
    expected.insert(expected.begin(), Dim("N"));
    bool fits = dims.size() == expected.size();
    for (std::size_t i = 1; fits && i < dims.size(); ++i)
        fits = !dims[i].is_fixed() || dims[i] == expected[i];
    if (!fits) {
        recipe.fail("model.onnx", fmt::format(": its input is {}, the data set has images {}",
                                              to_string(dims), to_string(expected)));
    }
    if (dims[0].is_fixed()) {
        recipe.fail(
            "model.onnx",
            fmt::format(": its input {} has a fixed batch; export it with a dynamic one", to_string(dims)));
    }
}

void check_output(const Recipe& recipe, const Graph& graph, const data::Dataset& dataset) {
    const Dims dims = infer_types(graph).at(graph.outputs.front().name).dims;
    if (dims.size() == 2 && (!dims[1].is_fixed() || dims[1].size() == dataset.classes)) return;
    recipe.fail("model.onnx", fmt::format(": its output is {}, expected Nx{}, one number a class",
                                          to_string(dims), dataset.classes));
}

Graph imported(const Recipe& recipe, const data::Dataset& dataset) {
    Graph graph = onnx::read(recipe.model.onnx);
    check_input(recipe, graph, dataset);
    check_output(recipe, graph, dataset);
    return graph;
}

}  // namespace

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
