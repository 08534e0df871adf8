#include "experiment/measure/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text/numbers.h"
#include "calibrate/input_norms.h"
#include "calibrate/output_metric.h"
#include "espalier/error.h"

namespace espalier::experiment {
namespace {

std::size_t first_of_f32(const Graph& graph) {
    const auto found = std::ranges::find_if(
        graph.outputs, [](const Value& output) { return output.type.dtype == DType::f32; });
    if (found == graph.outputs.end())
        throw BadData(fmt::format("network \"{}\": no output is f32, which metrics judge", graph.name));
    return static_cast<std::size_t>(found - graph.outputs.begin());
}

std::size_t output_of(const Graph& graph, const std::string& name) {
    if (name.empty()) return first_of_f32(graph);
    const auto found = std::ranges::find(graph.outputs, name, &Value::name);
    if (found != graph.outputs.end()) return static_cast<std::size_t>(found - graph.outputs.begin());
    std::string names;
    for (const Value& output : graph.outputs)
        names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", output.name);
    throw InvalidArgument(fmt::format("\"{}\" is not an output of the network; these are: {}", name, names));
}

/// Takes that output of every run.
std::vector<Tensor> taken(std::vector<std::vector<Tensor>> outputs, std::size_t index) {
    std::vector<Tensor> one;
    for (std::vector<Tensor>& run : outputs) one.push_back(std::move(run[index]));
    return one;
}

MetricValues measured(const std::vector<std::string>& metrics, const calibrate::Judged& judged) {
    MetricValues values;
    for (const std::string& name : metrics)
        values.emplace_back(name, calibrate::measure(calibrate::output_metrics().get(name), judged));
    return values;
}

/// Both networks read the same data.
void check_inputs(const Graph& against, const std::vector<NamedTensors>& data) {
    if (data.empty()) return;
    for (const Value& input : against.inputs) {
        if (!data.front().contains(input.name))
            throw InvalidArgument(fmt::format(
                "the network to compare with has an input \"{}\", and the data have none of that name",
                input.name));
    }
}

}  // namespace

MetricValues compare_outputs(const std::vector<std::string>& metrics, const Graph& graph,
                             const std::vector<std::vector<Tensor>>& before,
                             const std::vector<std::vector<Tensor>>& after) {
    if (metrics.empty()) return {};
    const std::size_t index = first_of_f32(graph);
    const std::vector<Tensor> reference = taken(before, index);
    const std::vector<Tensor> outputs = taken(after, index);
    return measured(metrics, {.outputs = outputs, .reference = reference});
}

Evaluated evaluate(const Graph& graph, const Graph* against, const std::vector<NamedTensors>& data,
                   const Evaluate& how) {
    for (const std::string& name : how.metrics) calibrate::output_metrics().get(name);
    const std::size_t index = output_of(graph, how.output);
    const std::vector<Tensor> outputs = taken(calibrate::outputs_of(graph, data, how.threads), index);
    std::vector<Tensor> reference;
    if (against != nullptr) {
        check_inputs(*against, data);
        reference =
            taken(calibrate::outputs_of(*against, data, how.threads), output_of(*against, how.output));
    }
    return {.output = graph.outputs[index].name,
            .runs = data.size(),
            .rows = calibrate::count_rows(outputs),
            .values = measured(how.metrics,
                               {.outputs = outputs, .reference = reference, .expected = how.expected})};
}

std::string to_text(const MetricValues& values) {
    std::string text;
    for (const auto& [name, value] : values)
        text += fmt::format("{}{} {:.4g}", text.empty() ? "" : ", ", name, value);
    return text;
}

std::string to_text(const Evaluated& evaluated, std::size_t) {
    return fmt::format("{} over {} rows of {} runs: {}\n", evaluated.output, with_commas(evaluated.rows),
                       with_commas(static_cast<std::int64_t>(evaluated.runs)), to_text(evaluated.values));
}

nlohmann::ordered_json to_json(const Evaluated& evaluated) {
    nlohmann::ordered_json metrics = nlohmann::ordered_json::object();
    for (const auto& [name, value] : evaluated.values) metrics[name] = value;
    return {{"output", evaluated.output},
            {"runs", evaluated.runs},
            {"rows", evaluated.rows},
            {"metrics", std::move(metrics)}};
}

}  // namespace espalier::experiment
