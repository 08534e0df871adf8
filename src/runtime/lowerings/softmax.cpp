// Softmax along one axis.
#include "runtime/reductions/softmax.h"

namespace espalier::runtime::lowerings_::softmax_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    return runtime::softmax(site, SoftmaxKind::plain);
}

}  // namespace

extern const Lowering softmax{
    .name = "Softmax", .summary = "normalised exponentials", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::softmax_
