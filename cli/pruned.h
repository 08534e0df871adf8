// What a cut of an ONNX file came to, as text and JSON.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/outcome.h"
#include "cli/work.h"
#include "espalier/mask.h"
#include "espalier/prune.h"
#include "surgery/not_prunable.h"

namespace espalier::cli {

struct Pruned {
    prune::Plan plan;
    prune::MaskSet before;  // what was zero in the file
    std::vector<surgery::ParameterCount> not_prunable;
    Work work;  // afterwards
    Written written;
};

/// In `width` columns, 0: as many as it takes.
std::string to_text(const Pruned& pruned, std::size_t width);
nlohmann::ordered_json to_json(const Pruned& pruned);

}  // namespace espalier::cli
