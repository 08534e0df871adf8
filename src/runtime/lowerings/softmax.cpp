// Softmax along one axis.
#include "runtime/lowering.h"
#include "runtime/onednn.h"

namespace espalier::runtime::lowerings_ {
namespace {

std::unique_ptr<Kernel> make(const Shape& shape, int axis) {
    const auto desc = row_major(shape);
    const dnnl::softmax_forward::primitive_desc chosen({dnnl::prop_kind::forward_inference, desc, axis},
                                                       attributes(false), cpu_engine());
    return std::make_unique<OnednnKernel>(dnnl::softmax_forward(chosen), desc, chosen.scratchpad_desc(),
                                          std::vector<OnednnKernel::Operand>{{DNNL_ARG_SRC, desc, 0}},
                                          std::vector<OnednnKernel::Constant>{});
}

std::vector<Candidate> candidates(const Site& site) {
    const auto rank = static_cast<std::int64_t>(site.output.size());
    std::int64_t axis = site.node.attribute_int("axis", -1);
    if (axis < 0) axis += rank;
    return {{.name = "dense (oneDNN)",
             .make = [shape = site.output, axis] { return make(shape, static_cast<int>(axis)); }}};
}

}  // namespace

extern const Lowering softmax{
    .name = "Softmax", .summary = "normalised exponentials", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_
