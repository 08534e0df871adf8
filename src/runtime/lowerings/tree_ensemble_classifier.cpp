// TreeEnsembleClassifier: classes by trees, rows side by side.
#include "runtime/trees/forest_layer.h"

namespace espalier::runtime::lowerings_::tree_ensemble_classifier_ {

extern const Lowering tree_ensemble_classifier{.name = "TreeEnsembleClassifier",
                                               .summary = "classes by trees",
                                               .candidates = walked_forest,
                                               .takes = takes_forest,
                                               .all_outputs = true,
                                               .any_types = true};

}  // namespace espalier::runtime::lowerings_::tree_ensemble_classifier_
