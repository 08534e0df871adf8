// Measures a network against itself run dense, and says what every layer runs and why.
#include <memory>
#include <optional>

#include "base/files.h"
#include "base/threads/parallel.h"
#include "cli/common_options.h"
#include "cli/tuning_options.h"
#include "cli/verb.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "espalier/runtime.h"
#include "experiment/inspect/shapes.h"
#include "experiment/measure/against.h"
#include "experiment/measure/bench_text.h"
#include "experiment/measure/trace.h"
#include "experiment/measure/tuning_file.h"

namespace espalier::cli::verbs_::bench_ {
namespace {

struct Arguments {
    std::string model;
    std::int64_t batch = 1;
    int threads = 0;
    double seconds = 1;
    std::vector<std::string> shapes;  // "name=1x3x48x320"
    std::string trace;                // file; "": none
    std::string precision = "f32";
    std::string tuning = "full";
    std::optional<std::string> tuned;  // file; "": beside the model
    std::vector<std::string> without;  // steps of compiling
    std::string against;               // file; "": dense
    bool would_pay = false;
    bool json = false;
    bool wide = false;
};

constexpr int kTracedRuns = 3;

void time_against(const Arguments& arguments) {
    if (arguments.would_pay || arguments.tuned || !arguments.trace.empty())
        throw InvalidArgument(
            "bench: --against only compares times: without --would-pay, --tuned and --trace");
    const auto against =
        experiment::time_against(onnx::read(arguments.model), onnx::read(arguments.against), arguments.batch,
                                 arguments.threads > 0 ? arguments.threads : core_count(), arguments.seconds,
                                 {.shapes = experiment::parse_shapes(arguments.shapes),
                                  .tuning = experiment::tuning_named(arguments.tuning),
                                  .precision = experiment::precision_named(arguments.precision),
                                  .without = arguments.without});
    if (arguments.json) return print(experiment::to_json(against));
    std::cout << experiment::to_text(against, arguments.model, arguments.against);
}

void execute(const Arguments& arguments) {
    if (!arguments.against.empty()) return time_against(arguments);
    Graph graph = onnx::read(arguments.model);
    const int threads = arguments.threads > 0 ? arguments.threads : core_count();
    const std::map<std::string, Shape> shapes = experiment::parse_shapes(arguments.shapes);
    experiment::require_shapes(graph, shapes, "bench: inputs are made by their shapes");
    ProgressBar bar(1);
    runtime::BenchOptions options{
        .shapes = shapes,
        .traced_runs = arguments.trace.empty() ? 0 : kTracedRuns,
        .tuning = experiment::tuning_named(arguments.tuning),
        .precision = experiment::precision_named(arguments.precision),
        .without = arguments.without,
        .progress = [&bar](double share) { share < 1 ? bar.show(share, "timing kernels") : bar.hide(); }};
    if (arguments.tuned) options.keep_tuning = experiment::tuning_to_keep(*arguments.tuned, arguments.model);
    const runtime::BenchResult result =
        runtime::benchmark(arguments.would_pay ? Graph(graph) : std::move(graph), arguments.batch, threads,
                           arguments.seconds, options);
    experiment::Paying paying;
    if (arguments.would_pay) {
        paying = experiment::would_pay(
            graph, result, shapes,
            {.progress = [&bar](double share, const std::string& what) { bar.show(share, what); },
             .stop = &interrupted()});
        bar.hide();
    }
    if (!arguments.trace.empty())
        write_text(arguments.trace, experiment::chrome_trace(result, arguments.model).dump(1) + '\n');
    if (arguments.json) return print(experiment::to_json(result, arguments.model, paying));
    std::cout << experiment::to_text(result, arguments.model, table_width(arguments.wide), paying);
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
    add_precision_option(command, arguments->precision);
    add_tuning_option(command, arguments->tuning);
    command
        .add_option_function<std::string>(
            "--tuned", [arguments](const std::string& file) { arguments->tuned = file; },
            "Keep what was timed in this file, so that \"espalier run\" starts with it at once (no file: "
            "beside "
            "the model, where it is found)")
        ->expected(0, 1);
    std::string steps;
    for (const runtime::CompileStep& step : runtime::compile_steps()) {
        if (step.optional) steps += (steps.empty() ? "" : ", ") + std::string(step.name);
    }
    command
        .add_option("--without", arguments->without,
                    "Compile without this step, to see what it is worth or whether it is at fault: " + steps)
        ->allow_extra_args(false);
    command.add_option("--against", arguments->against,
                       "Time the network against that of this file instead, in turn: what was pruned against "
                       "what it was");
    command.add_flag(
        "--would-pay", arguments->would_pay,
        "Of layers that run dense, say which granularity and sparsity would be faster: each is cut and "
        "timed");
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
