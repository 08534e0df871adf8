// Div: element-wise quotient with numpy broadcasting.
#include "runtime/loops/binary.h"

namespace espalier::runtime::lowerings_::div_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) { return binary(site, Arithmetic::div); }

}  // namespace

extern const Lowering div{.name = "Div",
                          .summary = "element-wise quotient",
                          .candidates = candidates,
                          .fuses = Fuses::functions,
                          .functions = linear_function};

}  // namespace espalier::runtime::lowerings_::div_
