// Stages of a small experiment on made-up data, run in this process.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/temporary_folder.h"
#include "espalier/lottery.h"
#include "espalier/mask.h"
#include "espalier/safetensors.h"
#include "train/blobs.h"

namespace espalier::lottery::testing {

using espalier::testing::blob_dataset;
using espalier::testing::TemporaryFolder;

/// A small recipe run to its end, or its first `stages` only; `prune` are the lines of [prune], `more`
/// further sections, `changes` as of --set.
class Ran {
  public:
    explicit Ran(const std::string& prune, const std::string& more = "", int replicates = 1,
                 const std::vector<std::string>& changes = {}, std::size_t stages = 1'000'000)
        : text_("[train]\nsteps = \"4ep\"\nbatch_size = 100\n[prune]\n" + prune +
                "[experiment]\nreplicates = " + std::to_string(replicates) + "\nevaluate_every = \"8it\"\n" +
                more),
          recipe_(Recipe::from_text(text_, "small.toml", changes)),
          run_(store::Run::create(folder_ / "run", recipe_.resolved())) {
        check_names(recipe_);
        stages_ = plan(recipe_, dataset_);
        rehearse(recipe_, dataset_);
        for (std::size_t i = 0; i < std::min(stages, stages_.size()); ++i) again(i);
    }

    /// Every stage of the recipe; of those that are in the run, what is missing.
    void run_all() {
        for (std::size_t i = 0; i < stages_.size(); ++i) again(i);
    }
    void again(std::size_t stage, const StageOptions& options = {}) {
        run_stage(stages_, stage, recipe_, dataset_, run_, options);
    }
    /// The recipe with these values, planned anew; the run stays as it is.
    void change(const std::vector<std::string>& changes) {
        recipe_ = Recipe::from_text(text_, "small.toml", changes);
        stages_ = plan(recipe_, dataset_);
    }
    store::Run& store() { return run_; }

    prune::MaskSet masks(std::size_t stage = 1) const {
        return prune::load_masks(file(stage, "masks.safetensors"));
    }
    Weights weights(std::size_t stage, const char* name) const {
        return read_safetensors(file(stage, name)).tensors;
    }
    const store::Run& run() const { return run_; }
    const Recipe& recipe() const { return recipe_; }
    const data::Dataset& dataset() const { return dataset_; }
    std::size_t count() const { return stages_.size(); }
    const std::vector<StageSpec>& specs() const { return stages_; }
    const StageSpec& spec(std::size_t stage) const { return stages_.at(stage); }
    store::Stage record(std::size_t stage) const { return *run_.find_stage(stages_.at(stage).hash); }

  private:
    std::filesystem::path file(std::size_t stage, const char* name) const {
        return run_.stage_folder(stages_.at(stage).hash) / name;
    }

    TemporaryFolder folder_;
    data::Dataset dataset_ = blob_dataset();
    std::string text_;
    Recipe recipe_;
    store::Run run_;
    std::vector<StageSpec> stages_;
};

}  // namespace espalier::lottery::testing
