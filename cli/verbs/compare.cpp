// Lays runs side by side.
#include <iostream>
#include <memory>

#include "cli/common_options.h"
#include "cli/verb.h"
#include "espalier/report.h"

namespace espalier::cli::verbs_::compare_ {
namespace {

struct Arguments {
    std::vector<std::string> runs;
    std::string output;
    bool json = false;
    bool wide = false;
};

void execute(const Arguments& arguments) {
    std::vector<store::Run> runs;
    for (const std::string& folder : arguments.runs) runs.push_back(store::Run::open(folder));
    std::cout << (arguments.json ? report::comparison_json(runs)
                                 : report::comparison_table(runs, table_width(arguments.wide)));
    if (arguments.output.empty()) return;
    report::write_comparison_html(runs, arguments.output);
    if (!arguments.json) std::cout << "page: " << arguments.output << '\n';
}

void define(CLI::App& command) {
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("runs", arguments->runs, "Folders of two runs or more")->required();
    command.add_option("-o,--output", arguments->output,
                       "Write a page with the table and all curves in one plot to this file");
    command.add_flag("--json", arguments->json, "Print JSON");
    add_wide_option(command, arguments->wide);
    command.callback([arguments] { execute(*arguments); });
}

}  // namespace

extern const Verb compare{.name = "compare",
                          .summary = "Lay runs side by side",
                          .example = "espalier compare runs/a runs/b -o compare.html",
                          .define = define};

}  // namespace espalier::cli::verbs_::compare_
