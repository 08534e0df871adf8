#include "runtime/dense/eltwise.h"

#include "runtime/cost_model.h"
#include "runtime/dense/gelu.h"
#include "runtime/dense/image_layout.h"
#include "runtime/dense/onednn.h"
#include "runtime/execute/threads.h"

namespace espalier::runtime {
namespace {

std::shared_ptr<Kernel> make(const dnnl::memory::desc& desc, const Function& function, int threads) {
    const ThreadScope scope(threads);
    const dnnl::eltwise_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, function.algorithm, desc, function.alpha, function.beta},
        attributes(), cpu_engine());
    return onednn_kernel<dnnl::eltwise_forward>(threads, chosen, {{DNNL_ARG_SRC, desc, 0}});
}

}  // namespace

std::vector<Candidate> eltwise(const LoweringContext& site, const Function& function) {
    const std::int64_t count = element_count(site.output);
    // What is rounded to whole numbers must not be rounded before.
    const bool rounds = function.algorithm == dnnl::algorithm::eltwise_round;
    std::vector<Candidate> all;
    for (const Layout layout : layouts_of(site.output, rounds ? Precision::f32 : site.precision)) {
        const bool rows = order_of(layout) == Layout::row_major;
        const auto desc = described(rows ? Shape{count} : site.output, layout);
        all.push_back({.name = dense_name(layout),
                       .input = layout,
                       .output = layout,
                       .single_us = predict_element_us(count) * share_of(layout),
                       .make = [=](int threads) -> std::shared_ptr<Kernel> {
                           if (rows && !is_bf16(layout) && is_gelu(function))
                               return gelu_kernel(function, count, threads);
                           if (!is_bf16(layout)) return make(desc, function, threads);
                           return unless_unimplemented([&] { return make(desc, function, threads); });
                       }});
    }
    return all;
}

}  // namespace espalier::runtime
