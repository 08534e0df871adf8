// Cuts one layer at a time over a grid of sparsities: table, plot in the report, and the file that scope
// "sensitivity" reads.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/text/text_table.h"
#include "cli/experiment.h"
#include "cli/table_width.h"
#include "cli/trainer.h"
#include "cli/verb.h"
#include "espalier/prune.h"
#include "espalier/report.h"
#include "espalier/store.h"

namespace espalier::cli::verbs_::sensitivity_ {
namespace {

struct Arguments {
    ExperimentArguments experiment;
    std::vector<double> grid = {0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98};
    std::string output;
};

struct Means {
    std::vector<std::string> layers;  // in the order of the network
    prune::Sensitivity points;        // mean over replicates
};

Means means_of(const std::vector<store::Sensitivity>& points) {
    Means means;
    std::map<std::pair<std::string, double>, std::pair<store::Sensitivity, int>> sums;
    std::vector<std::pair<std::string, double>> order;
    for (const store::Sensitivity& point : points) {
        const auto key = std::pair(point.layer, point.sparsity);
        auto& [sum, count] = sums[key];
        if (count++ == 0) order.push_back(key);
        sum.loss += point.loss;
        sum.accuracy += point.accuracy;
    }
    for (const auto& [layer, sparsity] : order) {
        const auto& [sum, count] = sums.at({layer, sparsity});
        auto& row = means.points[layer];
        if (row.empty()) means.layers.push_back(layer);
        row.push_back({.sparsity = sparsity, .loss = sum.loss / count, .accuracy = sum.accuracy / count});
    }
    return means;
}

void print(const Means& means, const std::string& table_file, const std::string& report, bool json,
           std::size_t width) {
    if (json) {
        nlohmann::ordered_json layers = nlohmann::ordered_json::array();
        for (const std::string& layer : means.layers) {
            nlohmann::ordered_json points = nlohmann::ordered_json::array();
            for (const auto& [sparsity, loss, accuracy] : means.points.at(layer))
                points.push_back({{"sparsity", sparsity}, {"loss", loss}, {"accuracy", accuracy}});
            layers.push_back({{"name", layer}, {"points", points}});
        }
        std::cout
            << nlohmann::ordered_json{{"table", table_file}, {"report", report}, {"layers", layers}}.dump(2)
            << '\n';
        return;
    }
    std::vector<TextTable::Column> columns = {{.heading = "pruned", .least = 16}};
    for (const auto& point : means.points.at(means.layers.front()))
        columns.push_back({fmt::format("{:.4g} %", 100 * point.sparsity), TextTable::Align::right});
    TextTable table(std::move(columns));
    table.repeat(1);
    for (const std::string& layer : means.layers) {
        std::vector<std::string> row = {layer};
        for (const auto& point : means.points.at(layer))
            row.push_back(fmt::format("{:.2f}", 100 * point.accuracy));
        table.add(row);
    }
    std::cout << "Validation accuracy in % with one layer pruned and nothing retrained:\n"
              << table.text(width) << "table:  " << table_file << "\nreport: " << report << '\n';
}

void measure(const Arguments& arguments) {
    const ExperimentArguments& a = arguments.experiment;
    const Recipe recipe = read_recipe(a).dense_only();
    const std::filesystem::path folder = run_folder(recipe, a);
    std::vector<std::string> command = trainer_command("sensitivity", a, folder);
    command.push_back("--grid");
    command.push_back(fmt::format("{}", fmt::join(arguments.grid, ",")));
    require_trainer(command);
    if (a.options.dry_run) return;
    const store::Run run = store::Run::open(folder);
    const Means means = means_of(run.sensitivities());
    const std::string table_file =
        arguments.output.empty() ? (folder / "sensitivity.csv").string() : arguments.output;
    prune::write_sensitivity(table_file, means.points);
    const std::filesystem::path html = folder / "report.html";
    report::write_html(run, html);
    print(means, table_file, html.string(), a.json, table_width(a.wide));
}

void define(CLI::App& command) {
    const auto arguments = std::make_shared<Arguments>();
    add_experiment_options(command, arguments->experiment);
    command.add_option("--grid", arguments->grid, "Sparsities between 0 and 1, ascending")
        ->delimiter(',')
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    command.add_option("-o,--output", arguments->output,
                       "File for the table that scope \"sensitivity\" reads (default: RUN/sensitivity.csv)");
    command.callback([arguments] { measure(*arguments); });
}

}  // namespace

extern const Verb sensitivity{.name = "sensitivity",
                              .summary = "Measure what cutting each layer alone costs, without retraining",
                              .example = "espalier sensitivity recipes/demo.toml --grid 0.5,0.8,0.9,0.95",
                              .define = define};

}  // namespace espalier::cli::verbs_::sensitivity_
