#include "bindings.h"
#include "espalier/version.h"

NB_MODULE(_core, module) {
    using namespace espalier::python;
    module.doc() = "Espalier's C++ core. Use it through the package espalier.";
    module.attr("VERSION") = ESPALIER_VERSION_TEXT;
    nanobind::set_leak_warnings(false);  // what lives until Python ends is no leak
    translate_errors();
    bind_graph(module);
    bind_prune(module);
    bind_trees(module);
    bind_session(module);
    bind_experiment(module);
}
