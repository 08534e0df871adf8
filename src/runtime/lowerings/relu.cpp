// Relu: y = max(x, 0), where it could not be fused into the layer before.
#include "runtime/lowering.h"
#include "runtime/onednn.h"

namespace espalier::runtime::lowerings_ {
namespace {

std::unique_ptr<Kernel> make(std::int64_t count) {
    const auto flat = row_major({count});
    const dnnl::eltwise_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, dnnl::algorithm::eltwise_relu, flat, 0.0F, 0.0F},
        attributes(false), cpu_engine());
    return std::make_unique<OnednnKernel>(dnnl::eltwise_forward(chosen), flat, chosen.scratchpad_desc(),
                                          std::vector<OnednnKernel::Operand>{{DNNL_ARG_SRC, flat, 0}},
                                          std::vector<OnednnKernel::Constant>{});
}

std::vector<Candidate> candidates(const Site& site) {
    return {{.name = "dense (oneDNN)", .make = [count = element_count(site.output)] { return make(count); }}};
}

}  // namespace

extern const Lowering relu{.name = "Relu", .summary = "max(x, 0)", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_
