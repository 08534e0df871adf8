#include "experiment/measure/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace espalier::experiment {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kGapUs = 10;  // between runs, so that a viewer shows where one ends

Json complete(std::string name, const char* category, double start_us, double us, Json args) {
    return {{"name", std::move(name)},
            {"cat", category},
            {"ph", "X"},
            {"ts", start_us},
            {"dur", us},
            {"pid", 1},
            {"tid", 1},
            {"args", std::move(args)}};
}

/// How a viewer labels process and thread.
Json label(const char* what, std::string name) {
    return {{"name", what}, {"ph", "M"}, {"pid", 1}, {"tid", 1}, {"args", {{"name", std::move(name)}}}};
}

std::string joined(std::span<const runtime::LayerProfile> layers, std::string runtime::LayerProfile::*field) {
    std::string text;
    for (const auto& layer : layers) {
        const std::string& part = layer.*field;
        if (!part.empty()) text += (text.empty() ? "" : " + ") + part;
    }
    return text;
}

/// A step is named by its nodes, or by their operators where they have no names.
Json step_event(const runtime::BenchResult& result, const runtime::StepTrace& step, double run_us) {
    const auto layers = std::span(result.layers).subspan(step.first, step.last - step.first);
    Json parts = Json::array();
    int threads = 0;
    for (const auto& layer : layers) {
        threads = std::max(threads, layer.threads);
        Json part = {{"node", layer.node}, {"op", layer.op}, {"kernel", layer.kernel}, {"why", layer.why}};
        if (layer.weights > 0) part["weights_left"] = layer.weights_left;
        parts.push_back(std::move(part));
    }
    std::string name = joined(layers, &runtime::LayerProfile::node);
    const std::string op = joined(layers, &runtime::LayerProfile::op);
    if (name.empty()) name = op;
    return complete(std::move(name), "step", run_us + step.start_us, step.us,
                    {{"op", op},
                     {"kernel", layers.front().kernel},
                     {"why", layers.front().why},
                     {"threads", threads},
                     {"layers", std::move(parts)}});
}

}  // namespace

Json chrome_trace(const runtime::BenchResult& result, const std::string& model) {
    Json events = Json::array();
    events.push_back(label("process_name", fmt::format("espalier bench {}", model)));
    events.push_back(label("thread_name", fmt::format("batch {}, {} thread{}", result.batch, result.threads,
                                                      result.threads == 1 ? "" : "s")));
    double start_us = 0;
    for (std::size_t i = 0; i < result.traces.size(); ++i) {
        const runtime::RunTrace& trace = result.traces[i];
        double in_steps = 0;
        for (const auto& step : trace.steps) in_steps += step.us;
        events.push_back(complete(fmt::format("run {}", i + 1), "run", start_us, trace.us,
                                  {{"steps", trace.steps.size()}, {"us_in_steps", in_steps}}));
        for (const auto& step : trace.steps) events.push_back(step_event(result, step, start_us));
        start_us += trace.us + kGapUs;
    }
    return {{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events)}};
}

}  // namespace espalier::experiment
