// Runs a network on tensors from files, or on a data set.
#include <chrono>
#include <memory>
#include <optional>

#include "cli/common_options.h"
#include "cli/tuning_options.h"
#include "cli/verb.h"
#include "espalier/error.h"
#include "espalier/experiment.h"
#include "espalier/onnx.h"
#include "experiment/inspect/shapes.h"
#include "experiment/measure/evaluate.h"
#include "experiment/measure/run_text.h"
#include "tensor/npy.h"

namespace espalier::cli::verbs_::run_ {
namespace {

struct Arguments {
    std::string model;
    std::vector<std::string> inputs;  // "name=x.npy", or "x.npy" for a network with one input
    std::vector<std::string> shapes;  // "name=1x3x48x320"
    std::string output;
    std::string dataset;
    std::string path;
    std::string split = "test";
    std::vector<std::string> metrics;
    std::string against;   // ONNX file
    std::string expected;  // .npy
    std::string judged;    // output
    int threads = 0;
    TuningOptions tuning;
    bool json = false;
};

void run_dataset(const Arguments& arguments, const Graph& graph, runtime::Session& session) {
    const data::Dataset dataset =
        data::load({.dataset = arguments.dataset, .path = arguments.path, .validation = 0});
    const data::Examples& examples = arguments.split == "train" ? dataset.train : dataset.test;
    const auto start = std::chrono::steady_clock::now();
    const experiment::Classified result =
        experiment::classify(graph, session, examples, dataset.normalization);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!arguments.output.empty()) experiment::write_outputs(arguments.output, graph, {result.outputs});
    print(experiment::DataRun{.dataset = dataset.name,
                              .split = arguments.split,
                              .examples = examples.count(),
                              .accuracy = result.accuracy,
                              .is_of_classes = result.is_of_classes,
                              .seconds = seconds,
                              .output = arguments.output},
          arguments.json, false);
}

/// Files whose shapes do not go together are bad data, not bad usage.
std::vector<Tensor> outputs_for(const NamedTensors& inputs, runtime::Session& session) {
    try {
        return session.run(inputs);
    } catch (const InvalidArgument& error) {
        throw BadData(error.what());
    }
}

void run_tensors(const Arguments& arguments, const Graph& graph, runtime::Session& session) {
    const NamedTensors inputs =
        experiment::read_inputs(graph, arguments.inputs, experiment::parse_shapes(arguments.shapes));
    const std::vector<Tensor> outputs = outputs_for(inputs, session);
    if (!arguments.output.empty()) experiment::write_outputs(arguments.output, graph, outputs);
    print(experiment::Outputs{graph, outputs}, arguments.json, false);
}

/// Over inputs as calibration data: many runs, of shapes of their own.
void evaluate(const Arguments& arguments) {
    if (arguments.inputs.size() != 1 || !arguments.dataset.empty())
        throw InvalidArgument("run: --metric takes one --input: an .npz, an .npy or a folder of these");
    if (!arguments.output.empty() || !arguments.shapes.empty() || arguments.tuning.precision != "f32" ||
        !arguments.tuning.tuned.empty())
        throw InvalidArgument(
            "run: --metric judges in f32 and writes nothing: without --output, --shape, "
            "--precision and --tuned");
    const Graph graph = onnx::read(arguments.model);
    std::optional<Graph> against;
    if (!arguments.against.empty()) against = onnx::read(arguments.against);
    std::optional<Tensor> expected;
    if (!arguments.expected.empty()) expected = read_npy(arguments.expected);
    print(experiment::evaluate(graph, against ? &*against : nullptr,
                               experiment::read_calibration(graph, arguments.inputs.front()),
                               {.metrics = arguments.metrics,
                                .output = arguments.judged,
                                .expected = expected ? &*expected : nullptr,
                                .threads = arguments.threads}),
          arguments.json, false);
}

void execute(const Arguments& arguments) {
    const bool judges =
        !arguments.against.empty() || !arguments.expected.empty() || !arguments.judged.empty();
    if (judges && arguments.metrics.empty())
        throw InvalidArgument("run: --against, --expected and --metric-output are for --metric NAME");
    if (!arguments.metrics.empty()) return evaluate(arguments);
    if (arguments.dataset.empty() == arguments.inputs.empty()) {
        throw InvalidArgument("run: give the network either --dataset NAME or --input FILE");
    }
    if (!arguments.dataset.empty() && !arguments.shapes.empty()) {
        throw InvalidArgument("run: --shape is for raw files, a data set has a shape of its own");
    }
    std::vector<std::string> notes;
    Graph graph = onnx::read(arguments.model, &notes);
    // Beside the results, as these may be read by a machine.
    for (const std::string& note : notes) std::cerr << "note: " << note << '\n';
    const Graph interface = interface_of(graph);
    ProgressBar bar(1);
    runtime::Session session = runtime::compile(
        std::move(graph), compile_options(arguments.tuning, arguments.model, arguments.threads, bar));
    if (arguments.dataset.empty()) {
        run_tensors(arguments, interface, session);
    } else {
        run_dataset(arguments, interface, session);
    }
}

void define(CLI::App& command) {
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("model", arguments->model, "ONNX file")->required();
    command.add_option("--input", arguments->inputs,
                       "FILE, or NAME=FILE for one of several inputs: .npy, .npz with arrays named like the "
                       "inputs, any other "
                       "file raw (the elements, little-endian, without a header)");
    add_shape_option(command, arguments->shapes, "of an input from a raw file (default: the network's)");
    command.add_option("--dataset", arguments->dataset, "Run over this data set and print the accuracy");
    command.add_option("--data-path", arguments->path,
                       "Folder or file of the data set (default: found by its name)");
    command.add_option("--split", arguments->split, "test or train")
        ->check(CLI::IsMember({"test", "train"}))
        ->capture_default_str();
    command.add_option("--output", arguments->output,
                       "Write the first output to this file (.npy; any other: raw), or all by name (.npz)");
    command.add_option("--threads", arguments->threads, "Threads, at most (default: all cores)")
        ->check(CLI::Range(1, 1024));
    command
        .add_option("--metric", arguments->metrics,
                    "Judge the outputs over an --input of many examples: agreement, cosine, distance (with "
                    "--against), "
                    "accuracy, perplexity, spearman (with --expected); may be repeated (espalier list "
                    "output_metrics)")
        ->allow_extra_args(false);
    command.add_option("--against", arguments->against,
                       "ONNX file of the network to compare with, for --metric");
    command.add_option(
        "--expected", arguments->expected,
        "What is right, for --metric (.npy): a class or token a row, a judgement a pair of examples");
    command.add_option("--metric-output", arguments->judged,
                       "Output that --metric judges (default: the first of f32)");
    add_tuning_options(command, arguments->tuning);
    command.add_flag("--json", arguments->json, "Print JSON");
    command.callback([arguments] { execute(*arguments); });
}

}  // namespace

extern const Verb run{.name = "run",
                      .summary = "Run an ONNX network on tensors from files (npy, npz, raw) or on a data set",
                      .example = "espalier run ticket.onnx --dataset fashion-mnist --output logits.npy",
                      .define = define};

}  // namespace espalier::cli::verbs_::run_
