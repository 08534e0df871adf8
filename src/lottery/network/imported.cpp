#include "lottery/network/imported.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "espalier/error.h"
#include "espalier/onnx.h"
#include "espalier/surgery.h"
#include "lottery/network/examples.h"
#include "train/loop/trainer.h"

namespace espalier::lottery {
namespace {

// Of the greatest output: a batch is summed up in another order than a single example.
constexpr float kTolerance = 1e-4F;

void check_input(const Recipe& recipe, const Graph& graph, const data::Dataset& dataset) {
    if (graph.inputs.size() != 1)
        recipe.fail("model.onnx",
                    fmt::format(": {} inputs, expected one, the examples", graph.inputs.size()));
    const Dims& dims = graph.inputs.front().type.dims;
    Dims expected = to_dims(dataset.example_shape());
    expected.insert(expected.begin(), Dim("N"));
    bool fits = dims.size() == expected.size();
    for (std::size_t i = 1; fits && i < dims.size(); ++i)
        fits = !dims[i].is_fixed() || dims[i] == expected[i];
    const DType dtype = graph.inputs.front().type.dtype;
    const DType given = dataset.train.batch_dtype();
    if (!fits || dtype != given) {
        recipe.fail("model.onnx",
                    fmt::format(": its input is {} {}, the data set has {} {} {}", name_of(dtype),
                                to_string(dims), dataset.train.are_images() ? "images" : "examples",
                                name_of(given), to_string(expected)));
    }
}

void check_output(const Recipe& recipe, const Graph& graph, const data::Dataset& dataset) {
    const Dims dims = infer_types(graph).at(graph.outputs.front().name).dims;
    if (dims.size() == 2 && (!dims[1].is_fixed() || dims[1].size() == dataset.classes)) return;
    recipe.fail("model.onnx", fmt::format(": its output is {}, expected Nx{}, one number a class",
                                          to_string(dims), dataset.classes));
}

float largest_difference(const Tensor& a, const Tensor& b) {
    float most = 0;
    for (std::size_t i = 0; i < a.f32().size(); ++i) most = std::max(most, std::abs(a.f32()[i] - b.f32()[i]));
    return most;
}

}  // namespace

Graph imported(const Recipe& recipe, const data::Dataset& dataset) {
    Graph graph = onnx::read(recipe.model.onnx);
    check_input(recipe, graph, dataset);
    surgery::simplify_for_training(graph);
    try {
        graph = surgery::with_open_batch(std::move(graph));
    } catch (const Unsupported& error) {
        recipe.fail("model.onnx", fmt::format(": {}", error.what()));
    }
    check_output(recipe, graph, dataset);
    return graph;
}

void check_opened_batch(const Recipe& recipe, const data::Dataset& dataset) {
    if (recipe.model.onnx.empty()) return;
    const Graph fixed = onnx::read(recipe.model.onnx);
    const Dim& batch = fixed.inputs.front().type.dims.front();
    if (!batch.is_fixed()) return;
    const auto run = [&](const Graph& graph, std::int64_t begin, std::int64_t count) {
        return train::predict(graph, {}, examples_from(dataset.train, begin, count), dataset.normalization,
                              1);
    };
    const std::int64_t size = batch.size();
    if (dataset.train.count() < 2 * size) return;
    const Tensor together = run(imported(recipe, dataset), 0, 2 * size);
    for (std::int64_t part = 0; part < 2; ++part) {
        const Tensor alone = run(fixed, part * size, size);
        Tensor same(DType::f32, alone.shape());
        std::ranges::copy(together.f32().subspan(static_cast<std::size_t>(part * alone.count()),
                                                 static_cast<std::size_t>(alone.count())),
                          same.f32().begin());
        const float most = std::abs(std::ranges::max(alone.f32(), {}, [](float x) { return std::abs(x); }));
        if (largest_difference(alone, same) <= kTolerance * most) continue;
        recipe.fail("model.onnx",
                    fmt::format(": made for a batch of {}, it gives other outputs for {} examples at a time; "
                                "export it with a dynamic batch",
                                size, 2 * size));
    }
}

}  // namespace espalier::lottery
