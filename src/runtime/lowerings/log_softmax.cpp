// LogSoftmax along one axis.
#include "runtime/reductions/softmax.h"

namespace espalier::runtime::lowerings_::log_softmax_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    return softmax(site, SoftmaxKind::logarithm);
}

}  // namespace

extern const Lowering log_softmax{
    .name = "LogSoftmax", .summary = "logarithms of normalised exponentials", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::log_softmax_
