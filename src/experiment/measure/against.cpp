#include "experiment/measure/against.h"

#include <fmt/format.h>

#include <array>

#include "espalier/error.h"

namespace espalier::experiment {
namespace {

runtime::Session compiled(Graph graph, int threads, const runtime::BenchOptions& options) {
    return runtime::compile(std::move(graph), {.threads = threads,
                                               .tuning = options.tuning,
                                               .precision = options.precision,
                                               .without = options.without});
}

std::string line_of(const std::string& name, const runtime::InTurn& time) {
    return fmt::format("{}: median {:.4g} ms ({:.4g}–{:.4g}), {} runs\n", name, time.median_ms, time.low_ms,
                       time.high_ms, time.runs);
}

nlohmann::ordered_json json_of(const runtime::InTurn& time) {
    return {{"median_ms", time.median_ms},
            {"low_ms", time.low_ms},
            {"high_ms", time.high_ms},
            {"runs", time.runs}};
}

}  // namespace

Against time_against(Graph graph, Graph other, std::int64_t batch, int threads, double seconds,
                     const runtime::BenchOptions& options) {
    const NamedTensors own_inputs = runtime::random_inputs(graph, batch, options.shapes);
    const NamedTensors other_inputs = runtime::random_inputs(other, batch, options.shapes);
    runtime::Session first = compiled(std::move(other), threads, options);
    try {
        first.run(other_inputs);
    } catch (const InvalidArgument& error) {
        throw InvalidArgument(fmt::format("the network to compare with: {}", error.what()));
    }
    runtime::Session second = compiled(std::move(graph), threads, options);
    const std::array<runtime::Contestant, 2> both = {{{first, other_inputs}, {second, own_inputs}}};
    const auto times = runtime::time_in_turn(both, seconds);
    return {times[0], times[1]};
}

std::string to_text(const Against& against, const std::string& name, const std::string& other) {
    const runtime::InTurn& own = against.own;
    return line_of(other, against.other) + line_of(name, own) +
           fmt::format("in turn: {:.3f} of the time (95 % interval {:.3f}–{:.3f})\n", own.share,
                       own.share_low, own.share_high);
}

nlohmann::ordered_json to_json(const Against& against) {
    return {{"network", json_of(against.own)},
            {"against", json_of(against.other)},
            {"share", against.own.share},
            {"share_interval", {against.own.share_low, against.own.share_high}}};
}

}  // namespace espalier::experiment
