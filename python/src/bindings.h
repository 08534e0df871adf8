// The parts of the module espalier._core, one file each.
#pragma once

#include <nanobind/nanobind.h>

namespace espalier::python {

void translate_errors();
void bind_graph(nanobind::module_& module);
void bind_prune(nanobind::module_& module);
void bind_prune_results(nanobind::module_& module);
void bind_trees(nanobind::module_& module);
void bind_session(nanobind::module_& module);
void bind_experiment(nanobind::module_& module);

}  // namespace espalier::python
