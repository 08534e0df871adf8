#include "runtime/binary.h"

#include "runtime/cost_model.h"
#include "runtime/onednn.h"
#include "runtime/reference.h"
#include "runtime/threads.h"

namespace espalier::runtime {
namespace {

dnnl::algorithm algorithm_of(Arithmetic operation) {
    switch (operation) {
        case Arithmetic::add:
            return dnnl::algorithm::binary_add;
        case Arithmetic::sub:
            return dnnl::algorithm::binary_sub;
        case Arithmetic::mul:
            return dnnl::algorithm::binary_mul;
        case Arithmetic::div:
            break;
    }
    return dnnl::algorithm::binary_div;
}

/// `whole` has the output's shape; `other` is repeated to it.
std::shared_ptr<Kernel> make_dense(Arithmetic operation, const Shape& whole, const Shape& other,
                                   std::size_t whole_index, bool relu, int threads) {
    const ThreadScope scope(threads);
    const auto target = row_major(whole);
    const auto repeated = row_major(other);
    const dnnl::binary::primitive_desc chosen({algorithm_of(operation), target, repeated, target},
                                              attributes(relu), cpu_engine());
    return onednn_kernel<dnnl::binary>(
        threads, chosen,
        {{DNNL_ARG_SRC_0, target, whole_index}, {DNNL_ARG_SRC_1, repeated, 1 - whole_index}});
}

}  // namespace

std::vector<Candidate> binary(const Site& site, Arithmetic operation) {
    const Shape& a = site.operands[0].shape;
    const Shape& b = site.operands[1].shape;
    // oneDNN repeats its second operand only, and a quotient or a difference cannot change sides.
    const bool swaps = operation == Arithmetic::add || operation == Arithmetic::mul;
    if (a != site.output && (b != site.output || !swaps))
        return {reference_binary(operation, a, b, site.output, site.relu)};
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
                 return make_dense(operation, whole, other, whole_index, relu, threads);
             }}};
}

}  // namespace espalier::runtime
