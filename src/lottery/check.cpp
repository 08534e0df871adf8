// Can a recipe work? Names are checked before any data are read, and pruning is rehearsed before anything is
// trained.
#include <fmt/format.h>

#include "data/dataset_format.h"
#include "espalier/lottery.h"
#include "espalier/surgery.h"
#include "lottery/prune_request.h"
#include "lottery/retraining.h"
#include "models/model.h"
#include "prune/criterion.h"
#include "prune/granularity.h"
#include "prune/scope.h"
#include "prune/unit_norm.h"
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
    require(recipe, "prune.unit_norm", recipe.prune.unit_norm, prune::unit_norms());
    require(recipe, "retrain.mode", recipe.retrain.mode, retraining());
}

void rehearse(const Recipe& recipe, const data::Dataset& dataset) {
    if (recipe.prune.rounds == 0) return;
    for (const prune::Signal signal : prune::signals_needed(recipe.prune.criterion)) {
        if (signal == prune::Signal::movement || signal == prune::Signal::batch_norm_scale) {
            recipe.fail("prune.criterion",
                        fmt::format(": reads the {}, which training this network does not give",
                                    prune::name_of(signal)));
        }
    }
    const Graph graph =
        models::build(recipe.model.network,
                      {.example_shape = dataset.example_shape(), .classes = dataset.classes, .seed = 0});
    const prune::MaskSet kept = surgery::all_kept(graph);
    auto candidates = surgery::candidates(graph, graph.initializers);
    for (prune::Candidate& candidate : candidates) {
        candidate.gradient = candidate.squared_gradient = candidate.initial_weight = candidate.weight;
        candidate.hessian_gradient = candidate.flow = candidate.weight;
        const auto inputs = candidate.shape[static_cast<std::size_t>(1 - candidate.output_axis)];
        candidate.input_norm = candidate.weight.first(static_cast<std::size_t>(inputs));
    }
    try {
        prune::plan(prune_request(recipe, std::move(candidates), kept, 0));
    } catch (const InvalidArgument& error) {
        throw BadRecipe(fmt::format("{}: [prune]: {}", recipe.file_name, error.what()));
    }
}

}  // namespace espalier::lottery
