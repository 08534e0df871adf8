#include "runtime/dense/inner_matmul.h"

#include <array>

#include "espalier/error.h"
#include "runtime/dense/onednn.h"
#include "runtime/execute/threads.h"

namespace espalier::runtime {
namespace {

dnnl::memory::desc matrix(std::int64_t rows, std::int64_t columns, std::int64_t row_step,
                          std::int64_t column_step) {
    return {{rows, columns}, dnnl::memory::data_type::f32, dnnl::memory::dims{row_step, column_step}};
}

dnnl::memory unbound(const dnnl::memory::desc& desc) { return {desc, cpu_engine(), DNNL_MEMORY_NONE}; }

}  // namespace

Product::Product(const Form& form, const std::vector<const float*>& constants, int threads)
    : threads_(threads), stream_(cpu_engine()) {
    const ThreadScope scope(threads);
    const auto source = matrix(form.rows, form.inner, form.source_step, 1);
    const auto weights = matrix(form.inner, form.columns, 1, form.inner);
    const auto target = matrix(form.rows, form.columns, form.target_step, 1);
    const dnnl::memory::desc any({form.inner, form.columns}, dnnl::memory::data_type::f32,
                                 dnnl::memory::format_tag::any);
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (form.adds) {
        dnnl::post_ops sum;
        sum.append_sum();
        attr.set_post_ops(sum);
    }
    const dnnl::matmul::primitive_desc chosen({source, constants.empty() ? weights : any, target}, attr,
                                              cpu_engine());
    primitive_ = dnnl::matmul(chosen);
    source_ = unbound(source);
    weights_ = unbound(weights);
    target_ = unbound(target);
    scratchpad_ = unbound(chosen.scratchpad_desc());
    for (const float* constant : constants) {
        const dnnl::memory plain(weights, cpu_engine(), const_cast<float*>(constant));  // it is only read
        constants_.push_back(reordered(plain, chosen.weights_desc()));
    }
}

void Product::run(const float* source, std::size_t constant, const float* fed, float* target,
                  std::byte* scratch) {
    source_.set_data_handle(const_cast<float*>(source));
    target_.set_data_handle(target);
    scratchpad_.set_data_handle(scratch);
    if (constants_.empty()) weights_.set_data_handle(const_cast<float*>(fed));
    const dnnl::memory& weights = constants_.empty() ? weights_ : constants_[constant];
    const std::array<dnnl_exec_arg_t, 4> arguments{{{DNNL_ARG_SRC, source_.get()},
                                                    {DNNL_ARG_WEIGHTS, weights.get()},
                                                    {DNNL_ARG_DST, target_.get()},
                                                    {DNNL_ARG_SCRATCHPAD, scratchpad_.get()}}};
    const ThreadScope scope(threads_);
    const dnnl_status_t status = dnnl_primitive_execute(primitive_.get(), stream_.get(),
                                                        static_cast<int>(arguments.size()), arguments.data());
    if (status != dnnl_success) throw InternalError("oneDNN could not run a product that it had made");
}

}  // namespace espalier::runtime
