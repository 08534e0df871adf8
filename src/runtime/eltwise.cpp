#include "runtime/eltwise.h"

#include "runtime/cost_model.h"
#include "runtime/threads.h"

namespace espalier::runtime {

std::vector<Candidate> eltwise(const Site& site, dnnl::algorithm function, float alpha, float beta) {
    const std::int64_t count = element_count(site.output);
    return {{.name = kDenseName, .single_us = predict_element_us(count), .make = [=](int threads) {
                 const ThreadScope scope(threads);
                 const auto flat = row_major({count});
                 const dnnl::eltwise_forward::primitive_desc chosen(
                     {dnnl::prop_kind::forward_inference, function, flat, alpha, beta}, attributes(false),
                     cpu_engine());
                 return onednn_kernel<dnnl::eltwise_forward>(threads, chosen, {{DNNL_ARG_SRC, flat, 0}});
             }}};
}

}  // namespace espalier::runtime
