// Relu: y = max(x, 0), where it could not be fused into the layer before.
#include "runtime/cost_model.h"
#include "runtime/lowering.h"
#include "runtime/onednn.h"
#include "runtime/threads.h"

namespace espalier::runtime::lowerings_ {
namespace {

std::shared_ptr<Kernel> make(std::int64_t count, int threads) {
    const ThreadScope scope(threads);
    const auto flat = row_major({count});
    const dnnl::eltwise_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, dnnl::algorithm::eltwise_relu, flat, 0.0F, 0.0F},
        attributes(false), cpu_engine());
    return onednn_kernel<dnnl::eltwise_forward>(threads, chosen, {{DNNL_ARG_SRC, flat, 0}});
}

std::vector<Candidate> candidates(const Site& site) {
    const std::int64_t count = element_count(site.output);
    return {{.name = kDenseName, .single_us = predict_element_us(count), .make = [=](int threads) {
                 return make(count, threads);
             }}};
}

}  // namespace

extern const Lowering relu{.name = "Relu", .summary = "max(x, 0)", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_
