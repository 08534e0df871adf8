// Mul: element-wise product with numpy broadcasting.
#include "runtime/loops/binary.h"

namespace espalier::runtime::lowerings_::mul_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) { return binary(site, Arithmetic::mul); }

}  // namespace

extern const Lowering mul{.name = "Mul",
                          .summary = "element-wise product",
                          .candidates = candidates,
                          .fuses = Fuses::functions,
                          .functions = linear_function};

}  // namespace espalier::runtime::lowerings_::mul_
