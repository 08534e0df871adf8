// What holds after each step of compiling. In debug builds every compilation is checked; a violation is a bug
// of Espalier, so InternalError is thrown.
#pragma once

#include <span>

#include "runtime/fusion/fusion.h"
#include "runtime/tuning/layer_trials.h"

namespace espalier::runtime {

#ifdef NDEBUG
inline constexpr bool kVerifySteps = false;
#else
inline constexpr bool kVerifySteps = true;
#endif

/// Every node is in one group, and what a group reads is there before it.
void verify_groups(const Graph& graph, std::span<const Group> groups);

/// Every layer runs one of its trials, whose kernel is made unless its chain makes it.
void verify_selection(std::span<const Layer> layers, std::span<const std::size_t> chosen);

}  // namespace espalier::runtime
