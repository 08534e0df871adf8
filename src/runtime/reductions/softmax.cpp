#include "runtime/reductions/softmax.h"

#include <algorithm>
#include <cmath>

#include "base/multiversion.h"
#include "runtime/cost_model.h"
#include "runtime/dense/onednn.h"
#include "runtime/execute/threads.h"
#include "runtime/loops/loop_kernel.h"
#include "runtime/loops/vector_math.h"

namespace espalier::runtime {
namespace {

constexpr std::int64_t kBlock = 64;  // columns that are computed side by side

/// A number below that is 0, as e^-Inf, and not the least that bounded_exp() gives.
ESPALIER_VECTORISED float exp_below_zero(float x) { return x < -87.0F ? 0.0F : bounded_exp(x); }

/// `columns` neighbours, each along `length` elements that lie `step` apart.
ESPALIER_MULTIVERSION void softmax_columns(const float* x, float* y, std::int64_t length, std::int64_t step,
                                           std::int64_t columns, SoftmaxKind kind) {
    float most[kBlock];
    float sum[kBlock] = {};
    std::copy_n(x, columns, most);
    for (std::int64_t i = 1; i < length; ++i) {
        const float* row = x + i * step;
        for (std::int64_t j = 0; j < columns; ++j) most[j] = row[j] > most[j] ? row[j] : most[j];
    }
    for (std::int64_t i = 0; i < length; ++i) {
        const float* row = x + i * step;
        float* to = y + i * step;
        for (std::int64_t j = 0; j < columns; ++j) {
            const float power = exp_below_zero(row[j] - most[j]);
            sum[j] += power;
            to[j] = kind == SoftmaxKind::plain ? power : row[j] - most[j];
        }
    }
    float change[kBlock];
    if (kind == SoftmaxKind::plain) {
        for (std::int64_t j = 0; j < columns; ++j) change[j] = 1.0F / sum[j];
    } else {
        for (std::int64_t j = 0; j < columns; ++j) change[j] = fast_log(sum[j]);
    }
    for (std::int64_t i = 0; i < length; ++i) {
        float* to = y + i * step;
        for (std::int64_t j = 0; j < columns; ++j)
            to[j] = kind == SoftmaxKind::plain ? to[j] * change[j] : to[j] - change[j];
    }
}

std::vector<Candidate> along_columns(const Shape& shape, std::size_t axis, SoftmaxKind kind) {
    const std::int64_t length = shape[axis];
    const std::int64_t step =
        element_count(Shape(shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, shape.end()));
    const std::int64_t blocks = (step + kBlock - 1) / kBlock;
    const std::int64_t outer =
        element_count(Shape(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(axis)));
    return {loops(outer * blocks, 4 * element_count(shape),
                  [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                      for (std::int64_t i = begin; i < end; ++i) {
                          const std::int64_t first = i % blocks * kBlock;
                          const std::int64_t at = i / blocks * length * step + first;
                          softmax_columns(inputs[0].f32() + at, output.f32() + at, length, step,
                                          std::min(kBlock, step - first), kind);
                      }
                  })};
}

template <class Primitive>
std::shared_ptr<Kernel> along_rows(const Shape& shape, int threads) {
    const ThreadScope scope(threads);
    const auto desc = row_major(shape);
    const int axis = static_cast<int>(shape.size()) - 1;
    const typename Primitive::primitive_desc chosen({dnnl::prop_kind::forward_inference, desc, axis},
                                                    attributes(), cpu_engine());
    return onednn_kernel<Primitive>(threads, chosen, {{DNNL_ARG_SRC, desc, 0}});
}

}  // namespace

std::vector<Candidate> softmax(const LoweringContext& site, SoftmaxKind kind) {
    std::int64_t axis = site.node.attribute_int("axis", -1);
    if (axis < 0) axis += std::ssize(site.output);
    if (axis + 1 < std::ssize(site.output))
        return along_columns(site.output, static_cast<std::size_t>(axis), kind);
    return {{.name = kDenseName,
             .single_us = predict_element_us(element_count(site.output)),
             .make = [kind, shape = site.output](int threads) {
                 return kind == SoftmaxKind::plain ? along_rows<dnnl::softmax_forward>(shape, threads)
                                                   : along_rows<dnnl::logsoftmax_forward>(shape, threads);
             }}};
}

}  // namespace espalier::runtime
