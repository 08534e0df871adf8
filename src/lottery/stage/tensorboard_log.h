// The curve of a stage for TensorBoard, a folder a stage, which it shows as a line each; written while the
// stage trains.
#pragma once

#include <filesystem>

#include "espalier/lottery.h"

namespace espalier::lottery {

class StageEvents {
  public:
    /// Begins tensorboard/ARM-level-LL-replicate-R of the run anew. `score` is how accuracies are called:
    /// "accuracy", "r2".
    StageEvents(const std::filesystem::path& run, const StageSpec& stage, std::string score);
    void add(const store::Evaluation& at);

  private:
    std::filesystem::path file_;
    std::int64_t first_step_;
    std::string score_;
};

}  // namespace espalier::lottery
