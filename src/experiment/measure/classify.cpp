#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <sstream>

#include "espalier/error.h"
#include "espalier/experiment.h"

namespace espalier::experiment {
namespace {

// Divides most data sets, so that one shape is compiled, and candidates are timed on it: ResNet-20 over
// 10,000 images takes 27 s with 500, 11 s with 100.
constexpr std::int64_t kBatch = 100;

std::vector<float> floats_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<float> values;
    for (float value = 0; stream >> value;) values.push_back(value);
    return values;
}

data::Normalization normalization_of(const Graph& graph, const data::Normalization& fallback) {
    const auto mean = graph.metadata.find("espalier.input_mean");
    const auto deviation = graph.metadata.find("espalier.input_deviation");
    if (mean == graph.metadata.end() || deviation == graph.metadata.end()) return fallback;
    data::Normalization found{floats_of(mean->second), floats_of(deviation->second)};
    if (found.mean.size() != fallback.mean.size() || found.deviation.size() != fallback.mean.size()) {
        throw InvalidModel(fmt::format("metadata espalier.input_mean is for {} channels, the data set has {}",
                                       found.mean.size(), fallback.mean.size()));
    }
    return found;
}

void check_network(const Graph& graph) {
    if (graph.inputs.size() != 1 || graph.outputs.empty()) {
        throw InvalidModel(
            fmt::format("network \"{}\" has {} inputs, expected one", graph.name, graph.inputs.size()));
    }
}

void check_classes(const Graph& graph, const data::Examples& examples, std::int64_t classes) {
    const auto largest = std::max_element(examples.labels.begin(), examples.labels.end());
    if (largest == examples.labels.end() || *largest < classes) return;
    throw BadData(fmt::format("network \"{}\" tells {} classes apart, but example {} has label {}",
                              graph.name, classes, largest - examples.labels.begin(), *largest));
}

}  // namespace

Classified classify(const Graph& graph, runtime::Session& session, const data::Examples& examples,
                    const data::Normalization& fallback) {
    check_network(graph);
    const data::Normalization normalization = normalization_of(graph, fallback);
    Classified out;
    std::int64_t correct = 0;
    for (std::int64_t begin = 0; begin < examples.count(); begin += kBatch) {
        const std::int64_t count = std::min(kBatch, examples.count() - begin);
        std::vector<std::uint32_t> indices(static_cast<std::size_t>(count));
        std::iota(indices.begin(), indices.end(), static_cast<std::uint32_t>(begin));
        Shape shape = examples.images.shape();
        shape[0] = count;
        Tensor images(examples.batch_dtype(), shape);
        if (images.dtype() == DType::i64) {
            data::gather(examples, indices, images.as<std::int64_t>());
        } else {
            data::gather(examples, normalization, indices, images.f32());
        }
        NamedTensors inputs;
        inputs.emplace(graph.inputs.front().name, std::move(images));
        const Tensor logits = std::move(session.run(inputs).front());
        if (logits.rank() != 2 || logits.shape()[0] != count) {
            throw InvalidModel(fmt::format("network \"{}\" gives {} for {} examples, expected one row each",
                                           graph.name, to_string(logits.shape()), count));
        }
        const std::int64_t classes = logits.shape()[1];
        if (begin == 0) check_classes(graph, examples, classes);
        if (begin == 0) out.outputs = Tensor(DType::f32, {examples.count(), classes});
        const std::span<const float> values = logits.f32();
        std::copy(values.begin(), values.end(), out.outputs.f32().begin() + begin * classes);
        for (std::int64_t i = 0; i < count; ++i) {
            const auto row =
                values.subspan(static_cast<std::size_t>(i * classes), static_cast<std::size_t>(classes));
            const auto best = std::max_element(row.begin(), row.end()) - row.begin();
            correct += best == examples.labels[static_cast<std::size_t>(begin + i)] ? 1 : 0;
        }
    }
    out.accuracy =
        static_cast<double>(correct) / static_cast<double>(std::max<std::int64_t>(1, examples.count()));
    return out;
}

}  // namespace espalier::experiment
