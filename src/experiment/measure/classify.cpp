#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <sstream>

#include "espalier/error.h"
#include "espalier/experiment.h"
#include "tensor/convert.h"

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

/// What the network reads of examples `indices`.
NamedTensors inputs_of(const Graph& graph, const data::Examples& examples,
                       const data::Normalization& normalization, std::span<const std::uint32_t> indices) {
    NamedTensors inputs;
    for (std::size_t i = 0; i < examples.inputs.size(); ++i) {
        const data::Input& input = examples.inputs[i];
        const auto named = std::ranges::find(graph.inputs, input.name, &Value::name);
        if (named == graph.inputs.end() && !input.name.empty())
            throw InvalidModel(fmt::format("network \"{}\" has no input \"{}\", which the data set has",
                                           graph.name, input.name));
        const Value& wanted = named == graph.inputs.end() ? graph.inputs.front() : *named;
        Shape shape = input.values.shape();
        shape[0] = static_cast<std::int64_t>(indices.size());
        Tensor values(input.batch_dtype(), shape);
        if (values.dtype() == DType::i64) {
            data::gather(input, indices, values.as<std::int64_t>());
        } else {
            data::gather(input, i == 0 ? normalization : data::Normalization{}, indices, values.f32());
        }
        inputs.emplace(wanted.name, converted(values, wanted.type.dtype));
    }
    return inputs;
}

void check_network(const Graph& graph, const data::Examples& examples) {
    if (graph.inputs.size() == examples.inputs.size() && !graph.outputs.empty()) return;
    throw InvalidModel(fmt::format("network \"{}\" has {} inputs, the data set {}", graph.name,
                                   graph.inputs.size(), examples.inputs.size()));
}

void check_classes(const Graph& graph, const data::Examples& examples, std::int64_t classes) {
    const auto all = examples.classes();
    const auto largest = std::ranges::max_element(all);
    if (largest == all.end() || *largest < classes) return;
    const auto each = all.size() / static_cast<std::size_t>(examples.count());
    throw BadData(fmt::format("network \"{}\" tells {} classes apart, but example {} has label {}",
                              graph.name, classes, static_cast<std::size_t>(largest - all.begin()) / each,
                              *largest));
}

/// Adds up what is right, or the variance that is explained, batch by batch.
class Score {
  public:
    Score(const Graph& graph, const data::Examples& examples, std::int64_t class_axis)
        : graph_(graph), examples_(examples), class_axis_(class_axis) {}

    /// Of the outputs of the examples from `begin` on.
    void add(const Tensor& outputs, std::int64_t begin) {
        const Shape& targets = examples_.targets.shape();
        const auto each =
            static_cast<std::size_t>(examples_.targets.count() / std::max<std::int64_t>(1, targets[0]));
        const auto first = static_cast<std::size_t>(begin) * each;
        const auto count = static_cast<std::size_t>(outputs.shape()[0]) * each;
        const Tensor values = converted(outputs, DType::f32);
        if (examples_.have_classes()) {
            add_classes(values, examples_.classes().subspan(first, count), begin == 0);
        } else {
            add_numbers(values, examples_.targets.f32().subspan(first, count), each);
        }
    }

    double value() const {
        if (examples_.have_classes()) return correct_ / std::max(1.0, rows_);
        double variation = 0;
        for (std::size_t j = 0; j < sums_.size(); ++j) variation += squares_[j] - sums_[j] * sums_[j] / rows_;
        return 1 - errors_ / variation;
    }

  private:
    [[noreturn]] void refuse(const Tensor& outputs) const {
        throw InvalidModel(fmt::format("network \"{}\" gives {} for targets of {}", graph_.name,
                                       to_string(outputs.shape()), to_string(examples_.targets.shape())));
    }

    void add_classes(const Tensor& outputs, std::span<const std::int32_t> classes, bool is_first) {
        const auto rank = static_cast<std::int64_t>(outputs.rank());
        const std::int64_t axis = class_axis_ < 0 ? rank + class_axis_ : class_axis_;
        if (rank != static_cast<std::int64_t>(examples_.targets.rank()) + 1 || axis >= rank) refuse(outputs);
        const auto number = outputs.shape()[static_cast<std::size_t>(axis)];
        if (outputs.count() != static_cast<std::int64_t>(classes.size()) * number) refuse(outputs);
        if (is_first) check_classes(graph_, examples_, number);
        const auto step = static_cast<std::size_t>(
            element_count({outputs.shape().begin() + axis + 1, outputs.shape().end()}));
        const auto values = outputs.f32();
        for (std::size_t at = 0; at < classes.size(); ++at) {
            if (classes[at] == data::kNoClass) continue;
            const float* row =
                values.data() + at / step * step * static_cast<std::size_t>(number) + at % step;
            std::size_t best = 0;
            for (std::size_t c = 1; c < static_cast<std::size_t>(number); ++c) {
                if (row[c * step] > row[best * step]) best = c;
            }
            correct_ += static_cast<std::int32_t>(best) == classes[at] ? 1 : 0;
            ++rows_;
        }
    }

    void add_numbers(const Tensor& outputs, std::span<const float> targets, std::size_t each) {
        const auto values = outputs.f32();
        if (values.size() != targets.size()) refuse(outputs);
        sums_.resize(each);
        squares_.resize(each);
        for (std::size_t i = 0; i < targets.size(); ++i) {
            const double y = targets[i];
            errors_ += (double{values[i]} - y) * (double{values[i]} - y);
            sums_[i % each] += y;
            squares_[i % each] += y * y;
        }
        rows_ += static_cast<double>(targets.size() / each);
    }

    const Graph& graph_;
    const data::Examples& examples_;
    std::int64_t class_axis_;
    double rows_ = 0;
    double correct_ = 0;
    double errors_ = 0;
    std::vector<double> sums_, squares_;
};

std::size_t place_of_output(const Graph& graph, const std::string& name) {
    if (name.empty()) return 0;
    const auto found = std::ranges::find(graph.outputs, name, &Value::name);
    if (found == graph.outputs.end())
        throw InvalidModel(fmt::format("network \"{}\" has no output \"{}\"", graph.name, name));
    return static_cast<std::size_t>(found - graph.outputs.begin());
}

}  // namespace

Classified classify(const Graph& graph, runtime::Session& session, const data::Examples& examples,
                    const data::Normalization& fallback, const OutputLayout& layout) {
    check_network(graph, examples);
    const data::Normalization normalization = normalization_of(graph, fallback);
    const std::size_t place = place_of_output(graph, layout.output);
    Classified out;
    Score score(graph, examples, layout.class_axis);
    for (std::int64_t begin = 0; begin < examples.count(); begin += kBatch) {
        const std::int64_t count = std::min(kBatch, examples.count() - begin);
        std::vector<std::uint32_t> indices(static_cast<std::size_t>(count));
        std::iota(indices.begin(), indices.end(), static_cast<std::uint32_t>(begin));
        const Tensor given =
            std::move(session.run(inputs_of(graph, examples, normalization, indices))[place]);
        if (given.rank() == 0 || given.shape()[0] != count) {
            throw InvalidModel(fmt::format("network \"{}\" gives {} for {} examples, expected one row each",
                                           graph.name, to_string(given.shape()), count));
        }
        score.add(given, begin);
        if (begin == 0) {
            Shape shape = given.shape();
            shape[0] = examples.count();
            out.outputs = Tensor(given.dtype(), shape);
        }
        const std::size_t row = given.bytes().size() / static_cast<std::size_t>(count);
        std::ranges::copy(given.bytes(),
                          out.outputs.bytes().subspan(static_cast<std::size_t>(begin) * row).begin());
    }
    out.accuracy = score.value();
    out.is_of_classes = examples.have_classes();
    return out;
}

}  // namespace espalier::experiment
