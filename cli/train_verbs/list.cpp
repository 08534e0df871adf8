// The tables that only the trainer has.
#include <memory>

#include "cli/listing.h"
#include "cli/verb.h"
#include "lottery/control.h"
#include "lottery/retraining.h"
#include "train/learning_rate.h"
#include "train/loss.h"
#include "train/op.h"
#include "train/optimizer.h"

namespace espalier::cli::train_verbs_ {
namespace {

void define(CLI::App& command) {
    const auto arguments = std::make_shared<ListArguments>();
    add_list_options(command, *arguments);
    command.callback([arguments] {
        const std::vector<Listing> listings = {
            listing("optimizers", train::optimizers()),         listing("losses", train::losses()),
            listing("learning_rates", train::learning_rates()), listing("trained_operators", train::ops()),
            listing("controls", lottery::controls()),           listing("retraining", lottery::retraining()),
        };
        print_listings(listings, *arguments);
    });
}

}  // namespace

extern const Verb list{.name = "list",
                       .summary = "List what the trainer has",
                       .example = "espalier list optimizers",
                       .define = define};

}  // namespace espalier::cli::train_verbs_
