// Where the trainer computes, for those who do not see LibTorch.
#pragma once

#include <string>

namespace espalier::train {

/// Throws Unsupported unless device "cpu" or "cuda" is at hand.
void require_device(const std::string& name);

}  // namespace espalier::train
