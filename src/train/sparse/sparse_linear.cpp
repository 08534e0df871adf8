#include "train/sparse/sparse_linear.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "kernels/sddmm_f32_panel/sddmm_f32_panel.h"
#include "kernels/spmm_f32_panel/spmm_f32_panel.h"
#include "kernels/transpose_f32_panel/transpose_f32_panel.h"

namespace espalier::train {
namespace {

using kernels::Panels;

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor to_panels(const at::Tensor& rows) {
    const Panels panels{rows.size(0)};
    at::Tensor out = at::empty({panels.size(rows.size(1))});
    kernels::to_panels_f32(panels, rows.size(1), rows.contiguous().data_ptr<float>(), out.data_ptr<float>(),
                           at::get_num_threads());
    return out;
}

/// W times what `x` holds in panels, as rows [n, rows of W].
at::Tensor multiply(const kernels::PackedRows& w, std::int64_t n, const at::Tensor& x) {
    const Panels panels{n};
    const int threads = at::get_num_threads();
    at::Tensor y = at::empty({panels.size(w.rows())});
    kernels::spmm_f32_panel(w, panels, x.data_ptr<float>(), y.data_ptr<float>(), false, threads);
    at::Tensor rows = at::empty({n, w.rows()});
    kernels::from_panels_f32(panels, w.rows(), y.data_ptr<float>(), rows.data_ptr<float>(), threads);
    return rows;
}

struct SparseLinear : torch::autograd::Function<SparseLinear> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& kept,
                              const c10::optional<at::Tensor>& bias, SparseWeight* weight) {
        const at::Tensor panels = to_panels(x);
        context->save_for_backward({panels, kept});
        context->saved_data["examples"] = x.size(0);
        context->saved_data["bias"] = bias.has_value();
        context->saved_data["weight"] = static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(weight));
        return multiply(weight->forward_rows(kept, bias), x.size(0), panels);
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        if (at::GradMode::is_enabled())
            throw Unsupported("a sparse layer has no second derivative: train it dense");
        const variable_list saved = context->get_saved_variables();
        auto* weight = reinterpret_cast<SparseWeight*>(
            static_cast<std::intptr_t>(context->saved_data["weight"].toInt()));
        const std::int64_t examples = context->saved_data["examples"].toInt();
        const at::Tensor dz = to_panels(gradients[0]);
        at::Tensor dw = at::empty_like(saved[1]);
        kernels::sddmm_f32_panel(weight->pattern(), Panels{examples}, dz.data_ptr<float>(),
                                 saved[0].data_ptr<float>(), dw.data_ptr<float>(), at::get_num_threads());
        const bool needs_x = context->needs_input_grad(0);
        return {needs_x ? multiply(weight->backward_rows(saved[1]), examples, dz) : at::Tensor(), dw,
                context->saved_data["bias"].toBool() ? gradients[0].sum(0) : at::Tensor(), at::Tensor()};
    }
};

}  // namespace

SparseWeight::SparseWeight(const prune::Mask& mask)
    : SparseLayer(mask), forward_(pack(false)), backward_(pack(true)) {}

at::Tensor SparseWeight::forward(const at::Tensor& x, const at::Tensor& kept, const at::Tensor& bias) {
    return sparse_linear(*this, x, kept, bias);
}

const kernels::PackedRows& SparseWeight::forward_rows(const at::Tensor& kept,
                                                      const c10::optional<at::Tensor>& bias) {
    forward_.fill(kept);
    if (bias) {
        std::ranges::copy(floats(bias->detach()), forward_.rows.bias().begin());
    } else {
        std::ranges::fill(forward_.rows.bias(), 0.0F);
    }
    return forward_.rows;
}

const kernels::PackedRows& SparseWeight::backward_rows(const at::Tensor& kept) {
    backward_.fill(kept);
    return backward_.rows;
}

void SparseWeight::Packed::fill(const at::Tensor& kept) {
    const float* from = kept.data_ptr<float>();
    const std::uint32_t* next = order.data();
    for (std::size_t part = 0; part < rows.parts().size(); ++part) {
        for (float& value : rows.values(part)) value = from[*next++];
    }
}

SparseWeight::Packed SparseWeight::pack(bool transposed) const {
    // Packs the numbers of the kept values and reads where they went: floats count exactly to 2^24.
    if (pattern().nonzeros() >= std::int64_t{1} << 24) {
        throw Unsupported(
            fmt::format("a sparse layer of {} weights, expected less than 2^24", pattern().nonzeros()));
    }
    std::vector<float> numbers(static_cast<std::size_t>(outputs() * inputs()), 0.0F);
    for_each_kept(pattern(), [&](std::uint32_t i, std::int64_t row, std::int64_t column) {
        const std::int64_t at = transposed ? column * outputs() + row : row * inputs() + column;
        numbers[static_cast<std::size_t>(at)] = static_cast<float>(i + 1);
    });
    const std::int64_t rows = transposed ? inputs() : outputs();
    const std::int64_t columns = transposed ? outputs() : inputs();
    const std::vector<float> no_bias(static_cast<std::size_t>(rows), 0.0F);
    Packed packed{kernels::PackedRows(rows, columns, numbers, no_bias, {.parts = at::get_num_threads()}), {}};
    for (const auto& part : packed.rows.parts()) {
        for (const float number : part.values) packed.order.push_back(static_cast<std::uint32_t>(number) - 1);
    }
    return packed;
}

at::Tensor sparse_linear(SparseWeight& weight, const at::Tensor& x, const at::Tensor& kept,
                         const at::Tensor& bias) {
    const c10::optional<at::Tensor> given = bias.defined() ? c10::make_optional(bias) : c10::nullopt;
    return SparseLinear::apply(x, kept, given, &weight);
}

}  // namespace espalier::train
