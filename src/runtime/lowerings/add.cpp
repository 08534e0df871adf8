// Add: element-wise sum with numpy broadcasting.
#include "runtime/loops/binary.h"

namespace espalier::runtime::lowerings_::add_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) { return binary(site, Arithmetic::add); }

}  // namespace

extern const Lowering add{.name = "Add",
                          .summary = "element-wise sum",
                          .candidates = candidates,
                          .fuses = Fuses::functions,
                          .functions = linear_function};

}  // namespace espalier::runtime::lowerings_::add_
