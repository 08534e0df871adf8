// Everything that can be named in a recipe or on the command line.
#include <memory>

#include "cli/listing.h"
#include "cli/trainer.h"
#include "cli/verb.h"
#include "data/dataset_format.h"
#include "graph/op.h"
#include "models/model.h"
#include "prune/criterion.h"
#include "prune/granularity.h"
#include "prune/schedule.h"
#include "prune/scope.h"

namespace espalier::cli::verbs_ {
namespace {

constexpr const char* kTrainerTables[] = {"optimizers",        "losses",   "learning_rates",
                                          "trained_operators", "controls", "retraining"};

std::vector<Listing> own_listings() {
    return {listing("networks", models::networks()),
            listing("datasets", data::datasets()),
            listing("granularities", prune::granularities()),
            listing("criteria", prune::criteria()),
            listing("scopes", prune::scopes()),
            listing("schedules", prune::schedules()),
            listing("operators", ops())};
}

void run(const ListArguments& arguments) {
    std::vector<std::string> trainer = {"list"};
    if (!arguments.what.empty()) trainer.push_back(arguments.what);
    if (arguments.json) trainer.emplace_back("--json");
    for (const char* name : kTrainerTables) {
        if (arguments.what == name) return require_trainer(trainer);
    }
    print_listings(own_listings(), arguments);
    if (arguments.what.empty() && !arguments.json) {
        std::cout.flush();
        require_trainer(trainer);
    }
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

}  // namespace espalier::cli::verbs_
