#include "runtime/loops/plain_gemm.h"

#include <algorithm>

#include "base/threads/parallel.h"
#include "runtime/cost_model.h"

namespace espalier::runtime {
namespace {

class ReferenceGemm final : public Kernel {
  public:
    ReferenceGemm(const GemmForm& form, int threads) : form_(form), threads_(threads) {}

    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte*) override {
        parallel_for(form_.rows, threads_, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row)
                run_row(inputs, row, outputs[0].f32() + row * form_.columns);
        });
    }

  private:
    void run_row(std::span<const Operand> inputs, std::int64_t row, float* y) const {
        const GemmForm& f = form_;
        const std::int64_t a_step = f.trans_a ? f.rows : 1;
        const float* a = inputs[0].f32() + (f.trans_a ? row : row * f.inner);
        std::fill_n(y, f.columns, 0.0F);
        for (std::int64_t k = 0; k < f.inner; ++k) {
            const float factor = f.alpha * a[k * a_step];
            const std::int64_t b_step = f.trans_b ? f.inner : 1;
            const float* b = inputs[1].f32() + (f.trans_b ? k : k * f.columns);
            for (std::int64_t j = 0; j < f.columns; ++j) y[j] += factor * b[j * b_step];
        }
        if (f.has_c) {
            const float* c = inputs[2].f32() + row * f.c_strides[0];
            for (std::int64_t j = 0; j < f.columns; ++j) y[j] += f.beta * c[j * f.c_strides[1]];
        }
    }

    GemmForm form_;
    int threads_;
};

class ReferenceBinary final : public Kernel {
  public:
    ReferenceBinary(Arithmetic operation, const Shape& a, const Shape& b, Shape output, int threads)
        : operation_(operation),
          a_(broadcast_strides(a, output)),
          b_(broadcast_strides(b, output)),
          output_(std::move(output)),
          threads_(threads) {}

    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte*) override {
        parallel_for(element_count(output_), threads_, [&](std::int64_t begin, std::int64_t end) {
            const float* a = inputs[0].f32();
            const float* b = inputs[1].f32();
            float* y = outputs[0].f32();
            for (std::int64_t i = begin; i < end; ++i) y[i] = compute(a[offset(i, a_)], b[offset(i, b_)]);
        });
    }

  private:
    float compute(float a, float b) const {
        switch (operation_) {
            case Arithmetic::add:
                return a + b;
            case Arithmetic::sub:
                return a - b;
            case Arithmetic::mul:
                return a * b;
            case Arithmetic::div:
                break;
        }
        return a / b;
    }

    std::int64_t offset(std::int64_t index, const std::vector<std::int64_t>& strides) const {
        std::int64_t at = 0;
        for (std::size_t d = output_.size(); d-- > 0; index /= output_[d])
            at += index % output_[d] * strides[d];
        return at;
    }

    Arithmetic operation_;
    std::vector<std::int64_t> a_, b_;
    Shape output_;
    int threads_;
};

}  // namespace

std::vector<std::int64_t> broadcast_strides(const Shape& shape, const Shape& target) {
    std::vector<std::int64_t> strides(target.size(), 0);
    std::int64_t stride = 1;
    for (std::size_t i = 1; i <= shape.size(); ++i) {  // from the last dimension to the first
        const std::int64_t dim = shape[shape.size() - i];
        if (dim != 1) strides[target.size() - i] = stride;
        stride *= dim;
    }
    return strides;
}

Candidate reference_gemm(const GemmForm& form) {
    return {.name = "reference",
            .single_us =
                8 * predict_dense_us({.batch = form.rows, .inputs = form.inner, .outputs = form.columns}),
            .make = [=](int threads) { return std::make_shared<ReferenceGemm>(form, threads); }};
}

Candidate reference_binary(Arithmetic operation, const Shape& a, const Shape& b, const Shape& output) {
    return {.name = "reference",
            .single_us = 8 * predict_element_us(element_count(output)),
            .make = [=](int threads) {
                return std::make_shared<ReferenceBinary>(operation, a, b, output, threads);
            }};
}

}  // namespace espalier::runtime
