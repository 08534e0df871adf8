// Measures a network against itself run dense, and says what every layer runs and why.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/files.h"
#include "base/text/numbers.h"
#include "base/text/text_table.h"
#include "base/threads/parallel.h"
#include "cli/shapes.h"
#include "cli/table_width.h"
#include "cli/trace.h"
#include "cli/tuning_options.h"
#include "cli/verb.h"
#include "espalier/onnx.h"
#include "espalier/runtime.h"
#include "report/speed_up.h"
#include "report/text.h"

namespace espalier::cli::verbs_::bench_ {
namespace {

struct Arguments {
    std::string model;
    std::int64_t batch = 1;
    int threads = 0;
    double seconds = 1;
    std::vector<std::string> shapes;  // "name=1x3x48x320"
    std::string trace;                // file; "": none
    std::string tuning = "full";
    std::optional<std::string> tuned;  // file; "": beside the model
    bool json = false;
    bool wide = false;
};

constexpr int kTracedRuns = 3;

using Json = nlohmann::ordered_json;

report::Spread chosen_ms(const runtime::BenchResult& result) {
    return {result.median_ms, result.low_ms, result.high_ms, 1};
}

report::Spread dense_ms(const runtime::BenchResult& result) {
    return {result.dense_median_ms, result.dense_low_ms, result.dense_high_ms, 1};
}

report::SpeedUp speed_up_of(const runtime::BenchResult& result) {
    return {result.speedup, result.speedup_low, result.speedup_high};
}

Json to_json(const runtime::BenchResult& result, const Arguments& arguments) {
    Json layers = Json::array();
    for (const auto& layer : result.layers) {
        layers.push_back({{"node", layer.node},
                          {"op", layer.op},
                          {"weights", layer.weights},
                          {"weights_left", layer.weights_left},
                          {"kernel", layer.kernel},
                          {"why", layer.why},
                          {"predicted_us", layer.predicted_us},
                          {"measured_us", layer.measured_us},
                          {"dense_us", layer.dense_us},
                          {"threads", layer.threads}});
    }
    return {{"model", arguments.model},
            {"batch", result.batch},
            {"threads", result.threads},
            {"runs", result.runs},
            {"median_ms", result.median_ms},
            {"low_ms", result.low_ms},
            {"high_ms", result.high_ms},
            {"dense_median_ms", result.dense_median_ms},
            {"dense_low_ms", result.dense_low_ms},
            {"dense_high_ms", result.dense_high_ms},
            {"speedup", result.speedup},
            {"speedup_interval", report::to_json(speed_up_of(result))},
            {"file_bytes", std::filesystem::file_size(arguments.model)},
            {"layers", layers}};
}

std::string microseconds(double us) { return us > 0 ? report::duration(us / 1000) : "–"; }

void print_text(const runtime::BenchResult& result, const Arguments& arguments) {
    using enum TextTable::Align;
    TextTable table({{.heading = "layer", .least = 12},
                     {.heading = "kind", .least = 8},
                     {"left", right},
                     {.heading = "kernel", .least = 14},
                     {.heading = "predicted", .align = right, .optional = true},
                     {"measured", right},
                     {"dense", right},
                     {.heading = "why", .least = 16}});
    table.repeat(1);
    for (const auto& layer : result.layers) {
        const std::string left = layer.weights > 0 ? fmt::format("{:.1f} %", 100 * layer.weights_left) : "–";
        table.add({layer.node, layer.op, left, layer.kernel, microseconds(layer.predicted_us),
                   microseconds(layer.measured_us), microseconds(layer.dense_us), layer.why});
    }
    std::cout << table.text(table_width(arguments.wide))
              << fmt::format("whole network, batch {}, {} thread{}: median {}   dense {}\n  {}   file {}\n",
                             result.batch, result.threads, result.threads == 1 ? "" : "s",
                             report::duration(chosen_ms(result)), report::duration(dense_ms(result)),
                             report::speed_against(speed_up_of(result), "dense"),
                             format_bytes(std::filesystem::file_size(arguments.model)));
}

/// The file that keeps the times; its folder is made.
std::filesystem::path tuning_file(const Arguments& arguments) {
    if (!arguments.tuned->empty()) return *arguments.tuned;
    const std::filesystem::path file = tuned_beside(arguments.model);
    std::filesystem::create_directories(file.parent_path());
    return file;
}

void execute(const Arguments& arguments) {
    Graph graph = onnx::read(arguments.model);
    const int threads = arguments.threads > 0 ? arguments.threads : core_count();
    const std::map<std::string, Shape> shapes = parse_shapes(arguments.shapes);
    require_shapes(graph, shapes, "bench: inputs are made by their shapes");
    ProgressBar bar(1);
    runtime::BenchOptions options{.shapes = shapes,
                                  .traced_runs = arguments.trace.empty() ? 0 : kTracedRuns,
                                  .tuning = tuning_named(arguments.tuning),
                                  .progress = [&bar](double share) { bar.show(share, "timing kernels"); }};
    if (arguments.tuned) options.keep_tuning = tuning_file(arguments).string();
    const runtime::BenchResult result =
        runtime::benchmark(std::move(graph), arguments.batch, threads, arguments.seconds, options);
    if (!arguments.trace.empty())
        write_text(arguments.trace, chrome_trace(result, arguments.model).dump(1) + '\n');
    if (arguments.json) {
        std::cout << to_json(result, arguments).dump(2) << '\n';
    } else {
        print_text(result, arguments);
    }
}

void define(CLI::App& command) {
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("model", arguments->model, "ONNX file")->required();
    command
        .add_option("--batch", arguments->batch,
                    "Examples in one run of the network: the open first dimension of its inputs")
        ->check(CLI::Range(1, 1 << 20))
        ->capture_default_str();
    command.add_option("--threads", arguments->threads, "Threads, at most (default: all cores)")
        ->check(CLI::Range(1, 1024));
    command.add_option("--seconds", arguments->seconds, "Seconds to measure for")
        ->check(CLI::Range(0.05, 3600.0))
        ->capture_default_str();
    add_shape_option(command, arguments->shapes, "of an input with open dimensions beside the first");
    command.add_option(
        "--trace", arguments->trace,
        "Write a timeline of a few runs to this file, for chrome://tracing or ui.perfetto.dev");
    add_tuning_option(command, arguments->tuning);
    command
        .add_option_function<std::string>(
            "--tuned", [arguments](const std::string& file) { arguments->tuned = file; },
            "Keep what was timed in this file, so that \"espalier run\" starts with it at once (no file: "
            "beside "
            "the model, where it is found)")
        ->expected(0, 1);
    command.add_flag("--json", arguments->json, "Print JSON");
    add_wide_option(command, arguments->wide);
    command.callback([arguments] { execute(*arguments); });
}

}  // namespace

extern const Verb bench{.name = "bench",
                        .summary = "Measure a network against itself run dense, layer by layer",
                        .example = "espalier bench ticket.onnx --batch 128 --threads 1",
                        .define = define};

}  // namespace espalier::cli::verbs_::bench_
