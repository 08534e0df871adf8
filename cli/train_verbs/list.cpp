// The tables that only the trainer has: `espalier list` shows them with its own.
#include <memory>

#include "cli/listing.h"
#include "cli/verb.h"
#include "lottery/control.h"
#include "lottery/plan/study.h"
#include "lottery/retraining.h"
#include "train/executor/op_table.h"
#include "train/judging/metric.h"
#include "train/learning_rate.h"
#include "train/loss.h"
#include "train/optimizer.h"
#include "train/regularizer.h"

namespace espalier::cli::train_verbs_::list_ {
namespace {

void define(CLI::App& command) {
    const auto arguments = std::make_shared<ListArguments>();
    add_list_options(command, *arguments);
    command.callback([arguments] {
        std::vector<Listing> listings;
        listings.push_back(listing("optimizers", train::optimizers()));
        listings.push_back(listing("losses", train::losses()));
        listings.push_back(listing("metrics", train::metrics()));
        listings.push_back(listing("regularizers", train::regularizers()));
        listings.push_back(listing("learning_rates", train::learning_rates()));
        listings.push_back(listing("trained_operators", train::ops()));
        listings.push_back(listing("controls", lottery::controls()));
        listings.push_back(listing("retraining", lottery::retraining()));
        listings.push_back(listing("studies", lottery::studies()));
        print_listings(listings, *arguments);
    });
}

}  // namespace

extern const Verb list{.name = "list",
                       .summary = "List what training adds to espalier list",
                       .example = "espalier list optimizers",
                       .define = define};

}  // namespace espalier::cli::train_verbs_::list_
