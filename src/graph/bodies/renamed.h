// Nodes that read values under other names, their bodies, too.
#pragma once

#include <map>
#include <string>

#include "espalier/graph.h"

namespace espalier {

/// What values are called from here on, by their names so far.
using Names = std::map<std::string, std::string>;

/// `node` reading what `names` says; what it gives keeps its names, and so does what its bodies hold.
Node renamed(Node node, const Names& names);

}  // namespace espalier
