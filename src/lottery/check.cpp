// Are the names that a recipe uses known? Checked before any data are read, so a typing error costs no time.
#include <fmt/format.h>

#include "data/dataset_format.h"
#include "espalier/lottery.h"
#include "lottery/control.h"
#include "lottery/retraining.h"
#include "models/model.h"
#include "prune/criterion.h"
#include "prune/granularity.h"
#include "prune/scope.h"
#include "train/learning_rate.h"
#include "train/loss.h"
#include "train/optimizer.h"

namespace espalier::lottery {
namespace {

template <class Entry>
void require(const Recipe& recipe, const char* key, const std::string& name, const Table<Entry>& table) {
    if (table.find(name) == nullptr) recipe.fail(key, table.hint(name));
}

}  // namespace

void check_names(const Recipe& recipe) {
    require(recipe, "model.network", recipe.model.network, models::networks());
    require(recipe, "data.dataset", recipe.data.dataset, data::datasets());
    require(recipe, "train.loss", recipe.train.loss, train::losses());
    require(recipe, "train.schedule", recipe.train.schedule, train::learning_rates());
    require(recipe, "train.optimizer.name", recipe.train.optimizer.name, train::optimizers());
    try {
        prune::parse_grain(recipe.prune.granularity);  // may carry arguments, as in "block 4x1"
    } catch (const InvalidArgument& error) {
        recipe.fail("prune.granularity", fmt::format(": {}", error.what()));
    }
    require(recipe, "prune.criterion", recipe.prune.criterion, prune::criteria());
    require(recipe, "prune.scope", recipe.prune.scope, prune::scopes());
    require(recipe, "retrain.mode", recipe.retrain.mode, retraining());
}

}  // namespace espalier::lottery
