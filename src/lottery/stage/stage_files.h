// The files of a stage's folder.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace espalier::lottery {

inline constexpr const char* kWeights = "weights.safetensors";        // at the end of training
inline constexpr const char* kMasks = "masks.safetensors";            // at the end of training
inline constexpr const char* kMovement = "movement.safetensors";      // if a criterion reads it
inline constexpr const char* kExplored = "explored.safetensors";      // kept in some step, if masks move
inline constexpr const char* kOrder = "order.safetensors";            // if prune.permute asks for one
inline constexpr const char* kCheckpoint = "checkpoint.safetensors";  // while it trains

inline constexpr const char* kStageLease = "stage";  // name of the lease of who works on it (store/lease.h)

inline constexpr const char* kLine = "line.safetensors";  // of a stability, while its points are measured

/// Weights after `step` updates, where others need them: of a dense network the initial ones (0) and those
/// that tickets rewind to.
inline std::string step_file(std::int64_t step) { return fmt::format("step-{}.safetensors", step); }

}  // namespace espalier::lottery
