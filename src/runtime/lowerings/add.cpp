// Add: element-wise sum with numpy broadcasting.
#include "runtime/cost_model.h"
#include "runtime/lowering.h"
#include "runtime/onednn.h"
#include "runtime/reference.h"
#include "runtime/threads.h"

namespace espalier::runtime::lowerings_ {
namespace {

/// `whole` has the output's shape; `other` is repeated to it.
std::shared_ptr<Kernel> make_dense(const Shape& whole, const Shape& other, std::size_t whole_index, bool relu,
                                   int threads) {
    const ThreadScope scope(threads);
    const auto target = row_major(whole);
    const auto repeated = row_major(other);
    const dnnl::binary::primitive_desc chosen({dnnl::algorithm::binary_add, target, repeated, target},
                                              attributes(relu), cpu_engine());
    return onednn_kernel<dnnl::binary>(
        threads, chosen,
        {{DNNL_ARG_SRC_0, target, whole_index}, {DNNL_ARG_SRC_1, repeated, 1 - whole_index}});
}

std::vector<Candidate> candidates(const Site& site) {
    const Shape& a = site.operands[0].shape;
    const Shape& b = site.operands[1].shape;
    if (a != site.output && b != site.output) return {reference_add(a, b, site.output, site.relu)};
    const std::size_t whole_index = a == site.output ? 0 : 1;
    Shape whole = site.output;
    Shape other = whole_index == 0 ? b : a;
    if (whole == other) {
        whole = other = {element_count(whole)};
    } else {
        other.insert(other.begin(), whole.size() - other.size(), 1);
    }
    return {{.name = kDenseName,
             .single_us = predict_element_us(element_count(site.output)),
             .make = [=, relu = site.relu](int threads) {
                 return make_dense(whole, other, whole_index, relu, threads);
             }}};
}

}  // namespace

extern const Lowering add{
    .name = "Add", .summary = "element-wise sum", .candidates = candidates, .fuses_relu = true};

}  // namespace espalier::runtime::lowerings_
