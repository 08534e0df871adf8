// Sub: element-wise difference.
#include "runtime/loops/binary.h"

namespace espalier::runtime::lowerings_::sub_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) { return binary(site, Arithmetic::sub); }

}  // namespace

extern const Lowering sub{.name = "Sub",
                          .summary = "element-wise difference",
                          .candidates = candidates,
                          .fuses = Fuses::functions,
                          .functions = linear_function};

}  // namespace espalier::runtime::lowerings_::sub_
