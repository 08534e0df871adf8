#include "lottery/stage/sensitivity.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"
#include "espalier/lottery.h"
#include "espalier/safetensors.h"
#include "espalier/surgery.h"
#include "lottery/pruning/prune_request.h"
#include "lottery/stage/stage_files.h"
#include "prune/criterion.h"
#include "train/collect/signals.h"
#include "train/loop/trainer.h"

namespace espalier::lottery {
namespace {

/// One trained network and all that is measured on it.
class Probe {
  public:
    Probe(const Recipe& recipe, const data::Dataset& dataset, const store::Run& run,
          const store::Stage& stage)
        : recipe_(recipe),
          dataset_(dataset),
          replicate_(stage.replicate),
          seed_(replicate_seed(recipe, stage.replicate)),
          graph_(network(recipe, dataset, seed_)),
          trained_(read_safetensors(run.stage_folder(stage.hash) / kWeights).tensors),
          initial_(read_safetensors(run.stage_folder(stage.hash) / step_file(0)).tensors),
          movement_(reads(recipe, "movement")
                        ? read_safetensors(run.stage_folder(stage.hash) / kMovement).tensors
                        : Weights()),
          candidates_(candidates_of(recipe, graph_, trained_)),
          signals_(train::Signals::collect(
              {.graph = graph_,
               .weights = trained_,
               .dataset = &dataset,
               .recipe = recipe,
               .needs = prune::signals_needed(recipe.prune.criterion),
               .batches = recipe.prune.signal_batches,
               .mode = prune::criteria().get(recipe.prune.criterion).signals_mode,
               .temperature = prune::criteria().get(recipe.prune.criterion).temperature,
               .seed = seed_,
               .initial = &initial_,
               .movement = reads(recipe, "movement") ? &movement_ : nullptr})) {
        signals_.attach(candidates_);
    }

    const std::vector<prune::Candidate>& layers() const { return candidates_; }

    store::Sensitivity at(const prune::Candidate& layer, double sparsity) const {
        Weights weights = trained_;
        if (sparsity > 0) {
            prune::Request request;
            request.weights = {layer};
            request.granularity = recipe_.prune.granularity;
            request.criterion = recipe_.prune.criterion;
            request.unit_norm = recipe_.prune.unit_norm;
            request.target.sparsity = sparsity;
            request.floor = recipe_.prune.floor;
            request.seed = seed_;
            prune::plan(request).masks.apply(weights);
        }
        const train::Evaluated result =
            train::evaluate(graph_, weights, dataset_.validation, dataset_.normalization, recipe_, 1);
        return {.layer = layer.name,
                .replicate = replicate_,
                .sparsity = sparsity,
                .loss = result.loss,
                .accuracy = result.score};
    }

  private:
    const Recipe& recipe_;
    const data::Dataset& dataset_;
    int replicate_;
    std::uint64_t seed_;
    Graph graph_;
    Weights trained_;
    Weights initial_;
    Weights movement_;
    std::vector<prune::Candidate> candidates_;
    train::Signals signals_;
};

}  // namespace

void check_sensitivity(const Recipe& recipe, const std::vector<double>& grid) {
    const bool ascends = std::ranges::adjacent_find(grid, std::greater_equal<>()) == grid.end();
    if (grid.empty() || !ascends || !(grid.front() > 0 && grid.back() < 1)) {
        throw InvalidArgument(
            fmt::format("grid [{}]: expected sparsities between 0 and 1 that ascend, such as 0.5,0.9",
                        fmt::join(grid, ", ")));
    }
    if (recipe.prune.permute)
        recipe.fail("prune.permute", ": a sensitivity is measured of layers as they lie, expected false");
    if (is_pattern(recipe))
        recipe.fail("prune.granularity", " fixes how much goes, so there is no grid to measure");
}

std::vector<store::Sensitivity> measure_sensitivity(const Recipe& recipe, const data::Dataset& dataset,
                                                    const store::Run& run, const std::vector<double>& grid,
                                                    const std::function<void(double)>& on_progress) {
    std::vector<store::Stage> dense = run.stages();
    std::erase_if(dense, [](const store::Stage& stage) { return stage.level != 0 || stage.arm != "ticket"; });
    std::vector<store::Sensitivity> points;
    for (std::size_t i = 0; i < dense.size(); ++i) {
        const Probe probe(recipe, dataset, run, dense[i]);
        for (std::size_t j = 0; j < probe.layers().size(); ++j) {
            points.push_back(probe.at(probe.layers()[j], 0));
            for (const double sparsity : grid) points.push_back(probe.at(probe.layers()[j], sparsity));
            const auto layers = static_cast<double>(probe.layers().size());
            on_progress((static_cast<double>(i) + static_cast<double>(j + 1) / layers) /
                        static_cast<double>(dense.size()));
        }
    }
    return points;
}

}  // namespace espalier::lottery
