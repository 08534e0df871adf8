#include "cli/experiment.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/files.h"
#include "base/hash.h"
#include "base/text/numbers.h"
#include "cli/measure.h"
#include "cli/outcome.h"
#include "cli/shard.h"
#include "cli/table_width.h"
#include "cli/trainer.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "espalier/report.h"
#include "espalier/store.h"
#include "report/speed_up.h"

namespace espalier::cli {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const store::Run& run, const std::filesystem::path& report) {
    Json stages = Json::array();
    for (const store::Stage& stage : run.stages()) {
        Json metrics = Json::object();
        for (const store::MetricValue& value : stage.metrics)
            metrics[value.name] = {{"validation", value.validation}, {"test", value.test}};
        stages.push_back({{"arm", stage.arm},
                          {"level", stage.level},
                          {"replicate", stage.replicate},
                          {"weights_left", stage.weights_left()},
                          {"weights", stage.weights_total()},
                          {"validation_accuracy", stage.validation_accuracy},
                          {"test_accuracy", stage.test_accuracy},
                          {"best_step", stage.best_step},
                          {"best_test_accuracy", stage.best_test_accuracy},
                          {"metrics", metrics},
                          {"seconds", stage.seconds},
                          {"hash", stage.hash}});
    }
    Json latencies = Json::array();
    for (const store::Latency& latency : run.latencies()) {
        latencies.push_back({{"level", latency.level},
                             {"replicate", latency.replicate},
                             {"batch", latency.batch},
                             {"threads", latency.threads},
                             {"median_ms", latency.median_ms},
                             {"dense_median_ms", latency.dense_median_ms},
                             {"speedup", latency.dense_median_ms / latency.median_ms},
                             {"speedup_interval", report::to_json(report::speed_up_of(latency))},
                             {"file_bytes", latency.file_bytes},
                             {"kernels", latency.kernels}});
    }
    return {{"run", run.folder().string()},
            {"report", report.string()},
            {"stages", stages},
            {"latencies", latencies}};
}

}  // namespace

void add_experiment_options(CLI::App& command, ExperimentArguments& arguments) {
    command.add_option("recipe", arguments.recipe, "Recipe file (TOML)")->required();
    command.add_option("--run", arguments.run, "Folder of the run (default: runs/NAME-HASH)");
    command
        .add_option("--set", arguments.changes, "KEY=VALUE that counts more than the recipe; may be repeated")
        ->allow_extra_args(false);
    add_run_options(command, arguments.options);
    command.add_flag("--json", arguments.json, "Print the results as JSON");
    add_wide_option(command, arguments.wide);
}

Recipe read_recipe(const ExperimentArguments& arguments) {
    if (std::filesystem::path(arguments.recipe).extension() == ".onnx")
        throw InvalidArgument(fmt::format(
            "{} is a network, expected a recipe (TOML); to train it, name it there: model.onnx = \"{}\"",
            arguments.recipe, arguments.recipe));
    return Recipe::from_file(arguments.recipe, arguments.changes);
}

std::filesystem::path run_folder(const Recipe& recipe, const ExperimentArguments& arguments) {
    if (!arguments.run.empty()) return arguments.run;
    std::string stem = std::filesystem::path(recipe.file_name).stem().string();
    if (!arguments.study.empty()) stem = arguments.study + "-" + stem;
    const auto folder_of = [&](const Recipe& named) {
        return std::filesystem::path("runs") /
               fmt::format("{}-{}", stem, hash_hex(named.identity()).substr(0, 8));
    };
    // Version 0.1.0 took the whole recipe.
    const std::filesystem::path whole = folder_of(recipe);
    return file_exists(whole / "run.sqlite") ? whole : folder_of(recipe.extensible());
}

std::vector<std::string> trainer_command(const std::string& verb, const ExperimentArguments& arguments,
                                         const std::filesystem::path& folder) {
    std::vector<std::string> words = {verb, arguments.recipe, "--run", folder.string()};
    for (const std::string& change : arguments.changes) words.insert(words.end(), {"--set", change});
    if (!arguments.study.empty()) words.insert(words.end(), {"--study", arguments.study});
    const std::vector<std::string> options = to_arguments(arguments.options);
    words.insert(words.end(), options.begin(), options.end());
    return words;
}

void run_experiment(const std::string& verb, const ExperimentArguments& arguments) {
    Recipe recipe = read_recipe(arguments);
    if (verb == "train") recipe = recipe.dense_only();
    if (verb == "prune") recipe = recipe.without_controls();
    const std::filesystem::path folder = run_folder(recipe, arguments);
    const Shard shard = shard_of(arguments.options.shard);
    require_trainer(trainer_command(verb, arguments, folder));
    if (arguments.options.dry_run || !shard.is_first()) return;  // the first one reports

    store::Run run = store::Run::open(folder);
    measure_tickets(recipe, run);
    const std::filesystem::path html = folder / "report.html";
    report::write_html(run, html);
    std::optional<Written> written;
    if (!arguments.output.empty())
        written = write_to_run(onnx::read(last_ticket(run)), arguments.output, arguments.without_passes);
    if (arguments.json) {
        Json json = to_json(run, html);
        if (verb == "prune") json["outcome"] = outcome_json(run, recipe.bench);
        if (written)
            json["output"] = {{"path", written->path.string()},
                              {"file_bytes", written->bytes},
                              {"passes", to_json(written->passes)}};
        std::cout << json.dump(2) << '\n';
        return;
    }
    std::cout << report::level_table(run, table_width(arguments.wide));
    if (verb == "prune") std::cout << outcome_table(run, recipe.bench, table_width(arguments.wide));
    if (written)
        std::cout << describe(written->passes)
                  << fmt::format("output: {}, {}\n", written->path.string(), format_bytes(written->bytes));
    std::cout << "run:    " << folder.string() << "\nreport: " << html.string() << '\n';
}

}  // namespace espalier::cli
