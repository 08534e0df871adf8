// A small tree as a picture.
#pragma once

#include <string>

#include "graph/trees/ensemble.h"

namespace espalier::experiment {

/// More nodes than this are a thicket.
inline constexpr std::size_t kMostDrawnNodes = 63;

/// SVG of the tree below `root`: tests in boxes, `yes` to the left; at a leaf what it says, the largest class
/// or the number. "" for a tree of more nodes than are drawn. A shared node is drawn wherever it stands.
std::string tree_svg(const trees::Ensemble& ensemble, std::int32_t root, const std::string& label);

}  // namespace espalier::experiment
