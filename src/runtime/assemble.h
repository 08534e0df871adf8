// Puts chosen kernels together to a program, with the changes of layout between them, and says what was done.
#pragma once

#include <span>
#include <vector>

#include "espalier/runtime.h"
#include "runtime/layer.h"
#include "runtime/program.h"

namespace espalier::runtime {

struct Plan {
    Program program;
    std::vector<LayerProfile> profile;
    std::vector<Shape> outputs;
};

/// `chosen[i]` is the trial that layer i runs.
Plan assemble(const std::vector<Layer>& layers, std::span<const std::size_t> chosen, const Setting& setting);

}  // namespace espalier::runtime
