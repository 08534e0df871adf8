// Writes the HTML report of a run again.
#include <iostream>
#include <memory>

#include "cli/common_options.h"
#include "cli/verb.h"
#include "espalier/report.h"

namespace espalier::cli::verbs_::report_ {
namespace {

struct Arguments {
    std::string run;
    std::string output;
    bool wide = false;
};

void execute(const Arguments& arguments) {
    const store::Run run = store::Run::open(arguments.run);
    const std::filesystem::path path =
        arguments.output.empty() ? run.folder() / "report.html" : std::filesystem::path(arguments.output);
    report::write_html(run, path);
    std::cout << report::level_table(run, table_width(arguments.wide)) << "report: " << path.string() << '\n';
}

void define(CLI::App& command) {
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("run", arguments->run, "Folder of the run")->required();
    command.add_option("-o,--output", arguments->output,
                       "HTML file to write (default: report.html in the run's folder)");
    add_wide_option(command, arguments->wide);
    command.callback([arguments] { execute(*arguments); });
}

}  // namespace

extern const Verb report{.name = "report",
                         .summary = "Print a run's table and write its HTML report",
                         .example = "espalier report runs/demo-1a2b3c4d",
                         .define = define};

}  // namespace espalier::cli::verbs_::report_
