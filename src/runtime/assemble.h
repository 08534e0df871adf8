// Puts chosen kernels together to a program, and says what was done.
#pragma once

#include <span>
#include <vector>

#include "espalier/runtime.h"
#include "runtime/chains.h"
#include "runtime/layer.h"
#include "runtime/program.h"

namespace espalier::runtime {

struct Plan {
    Program program;
    std::vector<LayerProfile> profile;
    std::vector<std::size_t> choices;  // entries of the profile that a sparse kernel could have run
    std::vector<Shape> outputs;
};

/// `chosen[i]` is the trial that layer i runs. Neighbours of a chain that run on panels become one step.
Plan assemble(const std::vector<Layer>& layers, const Chains& chains, std::span<const std::size_t> chosen,
              const Setting& setting);

}  // namespace espalier::runtime
