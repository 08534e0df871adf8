#pragma once

#include "espalier/graph.h"

/// The handle of c.h.
struct espalier_graph {
    espalier::Graph graph;
};
