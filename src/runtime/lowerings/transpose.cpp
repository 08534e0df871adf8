// Transpose: dimensions in another order.
#include <numeric>

#include "runtime/dense/onednn.h"
#include "runtime/execute/threads.h"
#include "runtime/loops/loop_kernel.h"
#include "runtime/loops/strides.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::transpose_ {
namespace {

constexpr std::size_t kMostDims = DNNL_MAX_NDIMS / 2;  // of a reorder that oneDNN has code for

/// As a change of layout: `walk` goes over the input in the order of the output.
std::shared_ptr<Kernel> make_dense(const Walk& walk, int threads) {
    const ThreadScope scope(threads);
    const dnnl::memory::desc source(walk.sizes, dnnl::memory::data_type::f32, walk.strides);
    const dnnl::reorder::primitive_desc chosen(cpu_engine(), source, cpu_engine(), row_major(walk.sizes),
                                               attributes());
    return onednn_kernel<dnnl::reorder>(threads, chosen, {{DNNL_ARG_FROM, source, 0}});
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const Shape& x = site.operands[0].shape;
    std::vector<std::int64_t> reversed(x.size());
    std::iota(reversed.rbegin(), reversed.rend(), std::int64_t{0});
    const Shape strides = row_major_strides(x);
    Walk walk;  // over the output in its order, in the memory of the input
    for (const std::int64_t from : site.node.attribute_ints("perm", reversed))
        walk.add(x[static_cast<std::size_t>(from)], strides[static_cast<std::size_t>(from)]);
    if (walk.sizes.empty()) walk.add(1, 1);
    Candidate dense{.name = kDenseName,
                    .single_us = predict_reorder_us(element_count(x)),
                    .make = [walk](int threads) { return make_dense(walk, threads); }};
    const std::int64_t length = walk.sizes.back();
    const std::int64_t step = walk.strides.back();
    walk.sizes.pop_back();
    walk.strides.pop_back();
    std::vector<Candidate> all = {
        loops(walk.count(), element_count(x),
              [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                  for (std::int64_t row = begin; row < end; ++row) {
                      const float* from = inputs[0].f32() + walk.offset(row);
                      float* to = output.f32() + row * length;
                      for (std::int64_t k = 0; k < length; ++k) to[k] = from[k * step];
                  }
              })};
    if (x.size() <= kMostDims) all.push_back(std::move(dense));
    return all;
}

}  // namespace

extern const Lowering transpose{
    .name = "Transpose", .summary = "dimensions in another order", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::transpose_
