// The files of a stage's folder.
#pragma once

namespace espalier::lottery {

inline constexpr const char* kWeights = "weights.safetensors";    // at the end of training
inline constexpr const char* kMasks = "masks.safetensors";        // at the end of training
inline constexpr const char* kInitial = "initial.safetensors";    // of the dense stage: at step 0
inline constexpr const char* kRewind = "rewind.safetensors";      // of the dense stage: at the rewind step
inline constexpr const char* kPruning = "pruning.safetensors";    // at prune.at, where that is not the end
inline constexpr const char* kMovement = "movement.safetensors";  // if the criterion reads it
inline constexpr const char* kCheckpoint = "checkpoint.safetensors";  // while it trains

}  // namespace espalier::lottery
