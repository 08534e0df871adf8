#pragma once

#include <memory>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::python {

/// espalier.Graph. The network never changes: what prunes puts another one in its place, with the GIL held,
/// so that a thread that reads the former one may go on. Take the pointer before the GIL is released.
struct GraphObject {
    std::shared_ptr<const Graph> network;
    std::vector<std::string> notes = {};  // of reading it
};

}  // namespace espalier::python
