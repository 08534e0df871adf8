// What a run lacks of a stage. A stage is done when nothing is missing: a record at each of its places and
// every file that it leaves. What is there is used again, also after the run was extended or files were lost.
#pragma once

#include <string>
#include <vector>

#include "espalier/lottery.h"

namespace espalier::lottery {

struct Missing {
    bool record = false;             // there is none at all
    std::vector<std::string> files;  // of its folder, without which it is trained again; to the same bytes
    std::vector<Place> places;       // that have no record of it
    bool ticket = false;             // tickets/level-LL-replicate-R.onnx
    bool metrics = false;            // the recipe asks for others

    bool needs_training() const { return record || !files.empty(); }
    bool is_nothing() const { return !needs_training() && places.empty() && !ticket && !metrics; }
};

/// Throws IoError, BadData.
Missing missing(const store::Run& run, const StageSpec& stage, const Recipe& recipe);

/// "masks.safetensors, step-5.safetensors": what a recorded stage has lost or is asked for in addition; "" if
/// nothing.
std::string lost_files(const Missing& missing);

/// Removes checkpoints that a process left which was killed between the record of a stage and their removal.
/// Stages that another process works on are left alone.
void remove_old_checkpoints(const store::Run& run, const std::vector<StageSpec>& stages);

}  // namespace espalier::lottery
