// LogSoftmax along one axis.
#include "runtime/cost_model.h"
#include "runtime/dense/onednn.h"
#include "runtime/execute/threads.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::log_softmax_ {
namespace {

std::shared_ptr<Kernel> make(const Shape& shape, int axis, int threads) {
    const ThreadScope scope(threads);
    const auto desc = row_major(shape);
    const dnnl::logsoftmax_forward::primitive_desc chosen({dnnl::prop_kind::forward_inference, desc, axis},
                                                          attributes(), cpu_engine());
    return onednn_kernel<dnnl::logsoftmax_forward>(threads, chosen, {{DNNL_ARG_SRC, desc, 0}});
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    std::int64_t axis = site.node.attribute_int("axis", -1);
    if (axis < 0) axis += std::ssize(site.output);
    return {{.name = kDenseName,
             .single_us = predict_element_us(element_count(site.output)),
             .make = [=, shape = site.output](int threads) {
                 return make(shape, static_cast<int>(axis), threads);
             }}};
}

}  // namespace

extern const Lowering log_softmax{
    .name = "LogSoftmax", .summary = "logarithms of normalised exponentials", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::log_softmax_
