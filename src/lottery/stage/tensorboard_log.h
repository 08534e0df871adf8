// The curve of a stage for TensorBoard, a folder a stage, which it shows as a line each; written while the
// stage trains.
#pragma once

#include <filesystem>

#include "espalier/lottery.h"

namespace espalier::lottery {

class StageEvents {
  public:
    /// Begins tensorboard/ARM-level-LL-replicate-R of the run anew.
    StageEvents(const std::filesystem::path& run, const StageSpec& stage);
    void add(const store::Evaluation& at);

  private:
    std::filesystem::path file_;
    std::int64_t first_step_;
};

}  // namespace espalier::lottery
