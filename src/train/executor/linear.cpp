//   forward   Z[:, s] = X W[s, :]' + b[s]          each thread its slice s of the outputs
//   backward  dW[s, :] = dZ[:, s]' X               the same slice
//             dX[:, c] = dZ W[:, c]                each thread a slice c of the inputs
//             db[s] = sum over examples of dZ[:, s]
#include "train/executor/linear.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <functional>

#include "base/threads/parallel.h"

namespace espalier::train {
namespace {

constexpr std::int64_t kLeastWork = 1 << 20;  // multiply-adds; less is done before a second thread is awake

/// Calls body(begin, length) on slices of [0, count), one a thread. BLAS in a slice runs on that thread.
void in_slices(std::int64_t count, const std::function<void(std::int64_t, std::int64_t)>& body) {
    parallel_for(count, at::get_num_threads(), [&](std::int64_t begin, std::int64_t end) {
        const at::NoGradGuard no_grad;  // a thread's own setting
        body(begin, end - begin);
    });
}

void multiply_into(at::Tensor out, const at::Tensor& a, const at::Tensor& b) { at::mm_out(out, a, b); }

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct SlicedLinear : torch::autograd::Function<SlicedLinear> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& w,
                              const c10::optional<at::Tensor>& bias) {
        context->save_for_backward({x, w});
        context->saved_data["bias"] = bias.has_value();
        at::Tensor z = at::empty({x.size(0), w.size(0)}, x.options());
        in_slices(w.size(0), [&](std::int64_t begin, std::int64_t length) {
            at::Tensor slice = z.narrow(1, begin, length);
            const at::Tensor rows = w.narrow(0, begin, length).t();
            if (bias) {
                at::addmm_out(slice, bias->narrow(0, begin, length), x, rows);
            } else {
                multiply_into(slice, x, rows);
            }
        });
        return z;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor& x = saved[0];
        const at::Tensor& w = saved[1];
        const at::Tensor& dz = gradients[0];
        const bool needs_x = context->needs_input_grad(0);
        const bool has_bias = context->saved_data["bias"].toBool();
        if (at::GradMode::is_enabled()) {  // the gradient itself is to be differentiated
            return {needs_x ? dz.mm(w) : at::Tensor(), dz.t().mm(x), has_bias ? dz.sum(0) : at::Tensor()};
        }
        at::Tensor dx = needs_x ? at::empty_like(x) : at::Tensor();
        at::Tensor dw = at::empty_like(w);
        at::Tensor db = has_bias ? at::empty({w.size(0)}, w.options()) : at::Tensor();
        in_slices(w.size(0), [&](std::int64_t begin, std::int64_t length) {
            const at::Tensor slice = dz.narrow(1, begin, length);
            multiply_into(dw.narrow(0, begin, length), slice.t(), x);
            if (has_bias) {
                at::Tensor sum = db.narrow(0, begin, length);
                at::sum_out(sum, slice, 0);
            }
        });
        if (needs_x) {
            in_slices(w.size(1), [&](std::int64_t begin, std::int64_t length) {
                multiply_into(dx.narrow(1, begin, length), dz, w.narrow(1, begin, length));
            });
        }
        return {dx, dw, db};
    }
};

}  // namespace

at::Tensor linear(const at::Tensor& x, const at::Tensor& w, const at::Tensor& bias) {
    const bool fits = x.is_cpu() && x.dim() == 2 && w.dim() == 2 && x.numel() * w.size(0) >= kLeastWork &&
                      at::get_num_threads() > 1 && !at::in_parallel_region();
    const c10::optional<at::Tensor> given = bias.defined() ? c10::make_optional(bias) : c10::nullopt;
    return fits ? SlicedLinear::apply(x, w, given) : at::linear(x, w, given);
}

}  // namespace espalier::train
