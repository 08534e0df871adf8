// What is in an ONNX file: layers, shapes, parameters, multiply-adds, zeros and how they lie.
#include <filesystem>
#include <memory>

#include "base/files.h"
#include "cli/common_options.h"
#include "cli/verb.h"
#include "experiment/inspect/group_list.h"
#include "experiment/inspect/inspection.h"
#include "experiment/inspect/shapes.h"

namespace espalier::cli::verbs_::inspect_ {
namespace {

struct Arguments {
    std::string model;
    std::string html;
    bool json = false;
    bool all = false;
    bool groups = false;
    bool wide = false;
    std::vector<std::string> shapes;  // "name=1x3x48x320"
};

void execute(const Arguments& arguments) {
    if (arguments.groups) {
        return print(experiment::groups_of(arguments.model, experiment::parse_shapes(arguments.shapes)),
                     arguments.json, arguments.wide);
    }
    const experiment::Inspection inspection =
        experiment::inspection_of(arguments.model, experiment::parse_shapes(arguments.shapes));
    if (!arguments.html.empty()) write_text(arguments.html, to_html(inspection));
    if (arguments.json) return print(to_json(inspection));
    std::cout << to_text(inspection, table_width(arguments.wide), arguments.all);
    if (!arguments.html.empty()) std::cout << "  page " << arguments.html << '\n';
}

void define(CLI::App& command) {
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("model", arguments->model, "ONNX file")->required();
    command.add_flag("--all", arguments->all, "List nodes without weights and multiply-adds, too");
    command.add_flag("--groups", arguments->groups,
                     "List what could go by itself (channels, neurons, heads), and what not and why");
    command.add_option("--html", arguments->html, "Write a page to this file, readable offline");
    add_shape_option(command, arguments->shapes,
                     "of an input with open dimensions beside the batch, to count multiply-adds at");
    add_wide_option(command, arguments->wide);
    command.add_flag("--json", arguments->json, "Print JSON");
    command.callback([arguments] { execute(*arguments); });
}

}  // namespace

extern const Verb inspect{
    .name = "inspect",
    .summary = "Show the layers, parameters, multiply-adds and zeros of an ONNX network",
    .example = "espalier inspect ticket.onnx --html ticket.html",
    .define = define};

}  // namespace espalier::cli::verbs_::inspect_
