// TreeEnsembleRegressor: numbers by trees, rows side by side.
#include "runtime/trees/forest_layer.h"

namespace espalier::runtime::lowerings_::tree_ensemble_regressor_ {

extern const Lowering tree_ensemble_regressor{.name = "TreeEnsembleRegressor",
                                              .summary = "numbers by trees",
                                              .candidates = walked_forest,
                                              .takes = takes_forest,
                                              .all_outputs = true,
                                              .any_types = true};

}  // namespace espalier::runtime::lowerings_::tree_ensemble_regressor_
