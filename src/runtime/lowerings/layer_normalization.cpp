// LayerNormalization: each example to mean 0 and variance 1 over its last dimensions, then scaled.
#include <cmath>

#include "runtime/dense/onednn.h"
#include "runtime/execute/threads.h"
#include "runtime/loops/loop_kernel.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::layer_normalization_ {
namespace {

/// `bias` may be null.
void normalize(const float* x, const float* scale, const float* bias, float* y, std::int64_t size,
               double epsilon) {
    double sum = 0;
    for (std::int64_t i = 0; i < size; ++i) sum += static_cast<double>(x[i]);
    const double mean = sum / static_cast<double>(size);
    double squares = 0;
    for (std::int64_t i = 0; i < size; ++i) {
        const double distance = static_cast<double>(x[i]) - mean;
        squares += distance * distance;
    }
    const auto factor = static_cast<float>(1 / std::sqrt(squares / static_cast<double>(size) + epsilon));
    const auto middle = static_cast<float>(mean);
    for (std::int64_t i = 0; i < size; ++i)
        y[i] = (x[i] - middle) * factor * scale[i] + (bias == nullptr ? 0.0F : bias[i]);
}

std::shared_ptr<Kernel> make_dense(const Shape& rows, float epsilon, bool has_bias, int threads) {
    const ThreadScope scope(threads);
    using dnnl::layer_normalization_forward;
    using dnnl::normalization_flags;
    const auto matrix = row_major(rows);
    const auto row = row_major({rows[1]});
    auto flags = normalization_flags::use_scale;
    if (has_bias) flags = flags | normalization_flags::use_shift;
    const layer_normalization_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, matrix, epsilon, flags}, attributes(), cpu_engine());
    std::vector<OnednnKernel::Argument> operands = {{DNNL_ARG_SRC, matrix, 0}, {DNNL_ARG_SCALE, row, 1}};
    if (has_bias) operands.push_back({DNNL_ARG_SHIFT, row, 2});
    return onednn_kernel<layer_normalization_forward>(threads, chosen, operands);
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const Shape& x = site.output;
    std::int64_t axis = site.node.attribute_int("axis", -1);
    if (axis < 0) axis += std::ssize(x);
    const std::int64_t size = element_count(Shape(x.begin() + axis, x.end()));
    const std::int64_t rows = element_count(x) / size;
    const float epsilon = site.node.attribute_float("epsilon", 1e-5F);
    const bool has_bias = site.operands.size() > 2;
    Candidate dense{
        .name = kDenseName, .single_us = predict_element_us(element_count(x)), .make = [=](int threads) {
            return make_dense({rows, size}, epsilon, has_bias, threads);
        }};
    return {std::move(dense),
            loops(rows, element_count(x),
                  [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                      for (std::int64_t row = begin; row < end; ++row) {
                          normalize(inputs[0].f32() + row * size, inputs[1].f32(),
                                    has_bias ? inputs[2].f32() : nullptr, output.f32() + row * size, size,
                                    static_cast<double>(epsilon));
                      }
                  })};
}

}  // namespace

extern const Lowering layer_normalization{.name = "LayerNormalization",
                                          .summary = "each example to mean 0 and variance 1",
                                          .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::layer_normalization_
