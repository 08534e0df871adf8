#include "lottery/network/imported.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text/nearest.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "espalier/surgery.h"
#include "lottery/network/examples.h"
#include "tensor/convert.h"
#include "train/loop/trainer.h"
#include "train/loss.h"

namespace espalier::lottery {
namespace {

// Of the greatest output: a batch is summed up in another order than a single example.
constexpr float kTolerance = 1e-4F;

/// Whether an input of this kind may be given as that one: integers are not made real, nor the other way
/// round.
bool becomes(DType given, DType wanted) { return is_float(given) == is_float(wanted); }

/// The first of these integers that is another in `wanted`.
std::optional<std::int64_t> lost_in(DType wanted, const Tensor& values) {
    if (values.dtype() != DType::i64 || wanted == DType::i64) return std::nullopt;
    const Tensor back = converted(converted(values, wanted), DType::i64);
    const auto given = values.as<std::int64_t>();
    const auto [at, other] = std::ranges::mismatch(given, back.as<std::int64_t>());
    return at == given.end() ? std::nullopt : std::optional(*at);
}

bool fits(const Dims& dims, const Dims& given) {
    bool same = dims.size() == given.size();
    for (std::size_t i = 1; same && i < dims.size(); ++i) same = !dims[i].is_fixed() || dims[i] == given[i];
    return same;
}

std::string noun_of(const data::Input& input) {
    if (!input.name.empty()) return fmt::format("\"{}\":", input.name);
    return input.are_images() ? "images" : "examples";
}

void check_input(const Recipe& recipe, const Value& wanted, const data::Input& given) {
    Dims dims = to_dims(given.example_shape());
    dims.insert(dims.begin(), Dim("N"));
    const DType dtype = wanted.type.dtype;
    if (fits(wanted.type.dims, dims) && becomes(given.batch_dtype(), dtype)) return;
    const std::string which = given.name.empty() ? "its input" : fmt::format("its input \"{}\"", given.name);
    recipe.fail("model.onnx", fmt::format(": {} is {} {}, the data set has {} {} {}", which, name_of(dtype),
                                          to_string(wanted.type.dims), noun_of(given),
                                          name_of(given.batch_dtype()), to_string(dims)));
}

void check_inputs(const Recipe& recipe, const Graph& graph, const data::Dataset& dataset) {
    const std::vector<data::Input>& given = dataset.train.inputs;
    const bool unnamed = given.size() == 1 && given.front().name.empty();
    std::vector<std::string> wanted;
    for (const Value& input : graph.inputs) wanted.push_back(input.name);
    if (unnamed && wanted.size() > 1) {
        recipe.fail(
            "model.onnx",
            fmt::format(": it has {} inputs, \"{}\", and the data set one array; expected x_train.NAME "
                        "for each (docs/data.md)",
                        wanted.size(), fmt::join(wanted, "\", \"")));
    }
    for (const data::Input& input : given) {
        if (unnamed || std::ranges::count(wanted, input.name) > 0) continue;
        recipe.fail("model.onnx", fmt::format(": the data set has input \"{}\", the network \"{}\"",
                                              input.name, fmt::join(wanted, "\", \"")));
    }
    for (const Value& input : graph.inputs) {
        const auto own = std::ranges::find(given, unnamed ? "" : input.name, &data::Input::name);
        if (own == given.end())
            recipe.fail("model.onnx", fmt::format(": the data set has no input \"{}\" (x_train.{})",
                                                  input.name, input.name));
        check_input(recipe, input, *own);
        for (const data::Examples* part : {&dataset.train, &dataset.validation, &dataset.test}) {
            const auto lost = lost_in(input.type.dtype,
                                      part->inputs.at(static_cast<std::size_t>(own - given.begin())).values);
            if (lost)
                recipe.fail("model.onnx",
                            fmt::format(": its input \"{}\" is {}, which does not hold the data set's {}",
                                        input.name, name_of(input.type.dtype), *lost));
        }
    }
}

/// Of a value of one example, without those of 1, which tell nothing.
Dims sizes_of(const Dims& dims) {
    Dims sizes(dims.begin() + 1, dims.end());
    std::erase(sizes, Dim(1));
    return sizes;
}

bool gives_numbers(const Dims& dims, const Tensor& targets) {
    const Dims output = sizes_of(dims);
    const Dims target = sizes_of(to_dims(targets.shape()));
    return std::ranges::equal(output, target,
                              [](const Dim& a, const Dim& b) { return !a.is_fixed() || a == b; });
}

/// [n, classes, ...] for classes at [n, ...], wherever `class_axis` says that they are.
bool gives_classes(Dims dims, std::int64_t class_axis, const Tensor& targets, std::int64_t classes) {
    const auto rank = static_cast<std::int64_t>(dims.size());
    if (rank != static_cast<std::int64_t>(targets.rank()) + 1 || class_axis >= rank) return false;
    const auto at = dims.begin() + (class_axis < 0 ? rank + class_axis : class_axis);
    if (at->is_fixed() && at->size() < classes) return false;
    dims.erase(at);
    return fits(dims, to_dims(targets.shape()));
}

void check_output(const Recipe& recipe, const Graph& graph, const data::Dataset& dataset) {
    const ValueType type = infer_types(graph).at(train::output_of(graph, recipe));
    const Dims& dims = type.dims;
    const Tensor& targets = dataset.train.targets;
    std::string targeted = to_string(targets.shape());
    if (const auto cross = targeted.find('x'); cross != std::string::npos)
        targeted = "N" + targeted.substr(cross);
    if (!dataset.train.have_classes()) {
        if (!type.is_ranked || (!dims.empty() && gives_numbers(dims, targets))) return;
        recipe.fail("model.onnx", fmt::format(": its output is {}, and targets are {}", to_string(dims),
                                              targets.rank() == 1 ? "N" : targeted));
    }
    if (dataset.train.have_positions()) {
        if (!type.is_ranked || gives_classes(dims, recipe.model.class_axis, targets, dataset.classes)) return;
        const std::int64_t other = recipe.model.class_axis == 1 ? -1 : 1;
        recipe.fail(
            "model.onnx",
            fmt::format(": its output is {}, expected {} classes or more along axis {} (model.class_axis) "
                        "for targets of {}{}",
                        to_string(dims), dataset.classes, recipe.model.class_axis, targeted,
                        gives_classes(dims, other, targets, dataset.classes)
                            ? fmt::format("; model.class_axis = {} would fit", other)
                            : ""));
    }
    if (dims.size() == 2 && (!dims[1].is_fixed() || dims[1].size() == dataset.classes)) return;
    recipe.fail("model.onnx", fmt::format(": its output is {}, expected Nx{}, one number a class",
                                          to_string(dims), dataset.classes));
}

void check_output_name(const Recipe& recipe, const Graph& graph) {
    std::vector<std::string> names;
    for (const Value& output : graph.outputs) names.push_back(output.name);
    if (recipe.model.output.empty() || std::ranges::count(names, recipe.model.output) > 0) return;
    recipe.fail("model.output", unknown_hint(recipe.model.output, names));
}

float largest_difference(const Tensor& a, const Tensor& b) {
    float most = 0;
    for (std::size_t i = 0; i < a.f32().size(); ++i) most = std::max(most, std::abs(a.f32()[i] - b.f32()[i]));
    return most;
}

}  // namespace

Graph imported(const Recipe& recipe, const data::Dataset& dataset) {
    Graph graph = onnx::read(recipe.model.onnx);
    check_inputs(recipe, graph, dataset);
    check_output_name(recipe, graph);
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
        return train::predict(graph, {}, examples_from(dataset.train, begin, count), dataset.normalization, 1,
                              recipe.model.output);
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
