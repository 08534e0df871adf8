// Everything that can be named in a recipe or on the command line.
#include <algorithm>
#include <iostream>
#include <memory>

#include "calibrate/reconstruction.h"
#include "cli/experiment.h"
#include "cli/listing.h"
#include "cli/verb.h"

namespace espalier::cli::verbs_::list_ {
namespace {

void run(const ListArguments& arguments) {
    std::vector<Listing> own = own_tables();
    own.push_back(listing("reconstructions", calibrate::reconstructions()));
    const bool is_own =
        std::any_of(own.begin(), own.end(), [&](const auto& l) { return l.name == arguments.what; });
    if (is_own || !has_trainer()) return print_listings(own, arguments);
    // The trainer has all tables but the last, which is the runtime's side.
    if (arguments.what.empty() && !arguments.json) {
        print_listings({own.back()}, arguments);
        std::cout.flush();
    }
    std::vector<std::string> command = {"list"};
    if (!arguments.what.empty()) command.push_back(arguments.what);
    if (arguments.json) command.emplace_back("--json");
    require_trainer(command);
}

void define(CLI::App& command) {
    const auto arguments = std::make_shared<ListArguments>();
    add_list_options(command, *arguments);
    command.callback([arguments] { run(*arguments); });
}

}  // namespace

extern const Verb list{.name = "list",
                       .summary = "List criteria, networks, data sets, ...",
                       .example = "espalier list criteria",
                       .define = define};

}  // namespace espalier::cli::verbs_::list_
