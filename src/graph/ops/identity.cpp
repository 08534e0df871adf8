// Identity: y = x.
#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"

namespace espalier::ops_::identity_ {
namespace {

void evaluate(Evaluation& e) { e.set_output(0, e.input(0)); }
std::optional<Elements> trace(const InferContext& context) { return context.elements(0); }

}  // namespace

extern const Operator identity{.name = "Identity",
                               .summary = "a copy",
                               .infer = infer_same,
                               .evaluate = evaluate,
                               .takes_halves = true,
                               .trace = trace,
                               .couple = couple_elements};

}  // namespace espalier::ops_::identity_
