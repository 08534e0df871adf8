// Softmax along one axis.
#include "runtime/cost_model.h"
#include "runtime/dense/onednn.h"
#include "runtime/execute/threads.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::softmax_ {
namespace {

std::shared_ptr<Kernel> make(const Shape& shape, int axis, int threads) {
    const ThreadScope scope(threads);
    const auto desc = row_major(shape);
    const dnnl::softmax_forward::primitive_desc chosen({dnnl::prop_kind::forward_inference, desc, axis},
                                                       attributes(), cpu_engine());
    return onednn_kernel<dnnl::softmax_forward>(threads, chosen, {{DNNL_ARG_SRC, desc, 0}});
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const auto rank = static_cast<std::int64_t>(site.output.size());
    std::int64_t axis = site.node.attribute_int("axis", -1);
    if (axis < 0) axis += rank;
    return {{.name = kDenseName,
             .single_us = predict_element_us(element_count(site.output)),
             .make = [=, shape = site.output](int threads) {
                 return make(shape, static_cast<int>(axis), threads);
             }}};
}

}  // namespace

extern const Lowering softmax{
    .name = "Softmax", .summary = "normalised exponentials", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::softmax_
