// Everything that can be named in a recipe or on the command line.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "calibrate/output_metric.h"
#include "calibrate/reconstruction.h"
#include "cli/experiment.h"
#include "cli/listing.h"
#include "cli/study_options.h"
#include "cli/verb.h"
#include "espalier/experiment.h"
#include "experiment/run/trainer.h"

namespace espalier::cli::verbs_::list_ {
namespace {

/// What training adds, as the trainer prints it.
std::vector<Listing> tables_of_trainer() {
    const auto told = nlohmann::ordered_json::parse(
        experiment::trainer_output(experiment::trainer_path(), {"list", "--json"}));
    std::vector<Listing> tables;
    for (const auto& [name, entries] : told.items()) {
        Listing table{name, {}};
        for (const auto& entry : entries) table.entries.emplace_back(entry.at("name"), entry.at("summary"));
        if (name == "studies")
            table.entries.emplace_back(kGranularityStudy,
                                       "time, and of a recipe accuracy, by granularity and sparsity");
        tables.push_back(std::move(table));
    }
    return tables;
}

void run(const ListArguments& arguments) {
    std::vector<Listing> listings = own_tables();
    listings.push_back(listing("reconstructions", calibrate::reconstructions()));
    listings.push_back(listing("output_metrics", calibrate::output_metrics()));
    const bool is_own = std::ranges::find(listings, arguments.what, &Listing::name) != listings.end();
    if (!is_own && has_trainer()) {  // loading LibTorch takes a while
        for (Listing& table : tables_of_trainer()) listings.push_back(std::move(table));
    }
    print_listings(listings, arguments);
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
