#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "espalier/error.h"
#include "espalier/experiment.h"
#include "espalier/onnx.h"
#include "espalier/runtime.h"

namespace espalier::experiment {
namespace {

constexpr double kBenchSeconds = 0.4;
/// By how much a score on the runtime may differ from that in training. Rounding may turn the predictions of
/// examples (or positions) whose two best logits are equal to the last digits: a few in ten thousand, one in
/// a small set. Of numbers it is a share of the squared errors, which may be many times the variance.
double most_apart(const data::Examples& test, double score) {
    constexpr double kShare = 5e-4;
    if (!test.have_classes()) return kShare * std::max(1.0, 1 - score);
    return std::max(kShare, 1.5 / static_cast<double>(test.classes().size()));
}

std::string kernels_of(const runtime::BenchResult& result) {
    std::string text;
    for (const auto& layer : result.layers) {
        if (layer.weights == 0) continue;
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", layer.node, layer.kernel);
    }
    return text;
}

store::Latency measure(const Recipe& recipe, const store::Run& run, const store::Stage& stage,
                       const data::Dataset& dataset) {
    const auto path = run.ticket_path(stage.level, stage.replicate);
    const Graph graph = onnx::read(path);
    const int threads = static_cast<int>(recipe.bench.threads);
    runtime::Session session = runtime::compile(graph, {.threads = threads});
    const double accuracy = classify(graph, session, dataset.test, dataset.normalization,
                                     {recipe.model.output, recipe.model.class_axis})
                                .accuracy;
    if (std::abs(accuracy - stage.test_accuracy) > most_apart(dataset.test, stage.test_accuracy)) {
        throw BadData(fmt::format("{}: {} {} on the runtime, {} in training", path.string(),
                                  dataset.test.have_classes() ? "accuracy" : "R2", accuracy,
                                  stage.test_accuracy));
    }
    const runtime::BenchResult result = runtime::benchmark(graph, recipe.bench.batch, threads, kBenchSeconds);
    return {.level = stage.level,
            .replicate = stage.replicate,
            .batch = result.batch,
            .threads = result.threads,
            .median_ms = result.median_ms,
            .low_ms = result.low_ms,
            .high_ms = result.high_ms,
            .dense_median_ms = result.dense_median_ms,
            .dense_low_ms = result.dense_low_ms,
            .dense_high_ms = result.dense_high_ms,
            .file_bytes = static_cast<std::int64_t>(std::filesystem::file_size(path)),
            .test_accuracy = accuracy,
            .kernels = kernels_of(result),
            .speedup_low = result.speedup_low,
            .speedup_high = result.speedup_high};
}

}  // namespace

void measure_tickets(const Recipe& recipe, store::Run& run, const Watch& watch) {
    std::set<std::pair<int, int>> measured;
    for (const store::Latency& latency : run.latencies()) {
        if (latency.batch == recipe.bench.batch && latency.threads == recipe.bench.threads)
            measured.emplace(latency.level, latency.replicate);
    }
    std::vector<store::Stage> tickets;
    for (store::Stage& stage : run.stages()) {
        if (stage.arm == "ticket" && !measured.contains({stage.level, stage.replicate}))
            tickets.push_back(std::move(stage));
    }
    if (tickets.empty()) return;

    const data::Dataset dataset =
        data::load({.dataset = recipe.data.dataset,
                    .path = recipe.data.path,
                    .validation = 0,
                    .test = recipe.data.test,
                    .split_seed = static_cast<std::uint64_t>(recipe.experiment.seed),
                    .normalize = recipe.data.normalize,
                    .ignore = recipe.data.ignore});
    for (std::size_t i = 0; i < tickets.size(); ++i) {
        if (watch.is_stopped())
            throw Interrupted("stopped while measuring; the same command goes on from there");
        if (watch.progress) {
            watch.progress(
                static_cast<double>(i) / static_cast<double>(tickets.size()),
                fmt::format("measuring level {} · replicate {}", tickets[i].level, tickets[i].replicate));
        }
        run.add(measure(recipe, run, tickets[i], dataset));
    }
}

}  // namespace espalier::experiment
