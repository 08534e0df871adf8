// ZipMap (ai.onnx.ml 1): in ONNX a sequence with a map from class to score for each row. A graph holds
// tensors alone: here it is the scores as they are, and a file that is written has the map again.
#include "graph/evaluation.h"
#include "graph/trees/rows.h"

namespace espalier::ops_::zip_map_ {
namespace {

void infer(InferContext& context) {
    const std::int64_t classes = trees::class_count(context.node());
    const Dims& dims = context.input(0).dims;
    if (!dims.empty()) context.unify(Dim(classes), dims.back(), "classes of ZipMap");
    infer_same_float(context);
}

void evaluate(Evaluation& e) { e.set_output(0, Tensor(e.input(0))); }

}  // namespace

extern const Operator zip_map{.name = "ZipMap",
                              .summary = "scores by class; here the scores",
                              .infer = infer,
                              .evaluate = evaluate,
                              .domain = kMlDomain};

}  // namespace espalier::ops_::zip_map_
