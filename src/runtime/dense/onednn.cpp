#include "runtime/dense/onednn.h"

#include <cstring>

#include "espalier/error.h"
#include "espalier/runtime.h"
#include "runtime/execute/threads.h"

namespace espalier::runtime {

const dnnl::engine& cpu_engine() {
    static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return engine;
}

bool has_bf16() {
    constexpr auto kLeast = static_cast<int>(dnnl::cpu_isa::avx512_core_bf16);
    return (static_cast<int>(dnnl::get_effective_cpu_isa()) & kLeast) == kLeast;
}

dnnl::memory::data_type onednn_type(DType dtype) {
    using enum dnnl::memory::data_type;
    if (dtype == DType::f32) return f32;
    if (dtype == DType::u8) return u8;
    if (dtype == DType::i8) return s8;
    if (dtype == DType::bf16) return bf16;
    throw Unsupported("values of " + std::string(name_of(dtype)) + " are not oneDNN's");
}

dnnl::memory::desc row_major(const Shape& shape, DType dtype) {
    dnnl::memory::dims strides(shape.size(), 1);
    for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
    return {shape, onednn_type(dtype), strides};
}

namespace {

void reorder(const dnnl::memory& source, dnnl::memory& target) {
    dnnl::stream stream(cpu_engine());
    dnnl::reorder(source, target).execute(stream, const_cast<dnnl::memory&>(source), target);
    stream.wait();
}

/// In memory of our own: oneDNN's is written in pages of 4 KB, which takes longer than to reorder.
std::shared_ptr<const dnnl::memory> reordered_in_huge_pages(const dnnl::memory& source,
                                                            const dnnl::memory::desc& wanted) {
    struct Form {
        Tensor bytes;
        dnnl::memory memory;
    };
    Tensor bytes = Tensor::for_overwrite(DType::u8, {static_cast<std::int64_t>(wanted.get_size())});
    const auto form = std::make_shared<Form>(
        Form{.bytes = std::move(bytes), .memory = {wanted, cpu_engine(), DNNL_MEMORY_NONE}});
    form->memory.set_data_handle(form->bytes.bytes().data());
    reorder(source, form->memory);
    return {form, &form->memory};
}

}  // namespace

dnnl::memory reordered(const dnnl::memory& source, const dnnl::memory::desc& wanted) {
    dnnl::memory target(wanted, cpu_engine());
    reorder(source, target);
    return target;
}

std::shared_ptr<const dnnl::memory> OnednnForms::get(const dnnl::memory::desc& wanted,
                                                     const std::function<void(const Fill&)>& with_plain) {
    std::erase_if(forms_, [](const auto& form) { return form.expired(); });
    for (const auto& form : forms_) {
        if (auto known = form.lock(); known->get_desc() == wanted) return known;
    }
    std::shared_ptr<const dnnl::memory> made;
    with_plain([&](const dnnl::memory& plain) { made = reordered_in_huge_pages(plain, wanted); });
    forms_.push_back(made);
    return made;
}

WindowDims::WindowDims(const std::vector<WindowAxis>& axes) {
    for (const WindowAxis& axis : axes) {
        kernel.push_back(axis.kernel);
        strides.push_back(axis.stride);
        dilations.push_back(axis.dilation - 1);
        pads_begin.push_back(axis.pad_begin);
        pads_end.push_back(axis.pad_end);
    }
}

dnnl::primitive_attr attributes() {
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attr;
}

std::vector<OnednnKernel::Argument> PostOpAttributes::with(std::vector<OnednnKernel::Argument> own) const {
    own.insert(own.end(), operands.begin(), operands.end());
    return own;
}

PostOpAttributes post_op_attributes(const std::vector<PostOperation>& after,
                                    const dnnl::memory::desc& output) {
    PostOpAttributes followed{.attributes = attributes()};
    dnnl::post_ops steps;
    for (const PostOperation& step : after) {
        const Function& f = step.function;
        if (!step.added) {
            steps.append_eltwise(1.0F, f.algorithm, f.alpha, f.beta);
        } else if (steps.len() == 0) {  // every implementation has a sum there, few have one elsewhere
            steps.append_sum(1.0F);
            followed.summed = step.added;
        } else {
            const int argument = DNNL_ARG_ATTR_MULTIPLE_POST_OP(steps.len()) | DNNL_ARG_SRC_1;
            steps.append_binary(dnnl::algorithm::binary_add, output);
            followed.operands.push_back({argument, output, *step.added});
        }
    }
    followed.attributes.set_post_ops(steps);
    return followed;
}

OnednnKernel::OnednnKernel(int threads, dnnl::primitive primitive, const dnnl::memory::desc& output,
                           const dnnl::memory::desc& scratchpad, const std::vector<Argument>& operands,
                           std::vector<Constant> constants, std::optional<std::size_t> summed)
    : threads_(threads),
      primitive_(std::move(primitive)),
      stream_(cpu_engine()),
      constants_(std::move(constants)),
      output_(output, cpu_engine(), DNNL_MEMORY_NONE),
      scratch_bytes_(scratchpad.get_size()),
      summed_(summed) {
    for (const Argument& operand : operands) {
        operands_.push_back({dnnl::memory(operand.desc, cpu_engine(), DNNL_MEMORY_NONE), operand.input});
        arguments_.push_back({operand.argument, operands_.back().memory.get()});
    }
    for (const Constant& constant : constants_)
        arguments_.push_back({constant.argument, constant.memory->get()});
    arguments_.push_back({DNNL_ARG_DST, output_.get()});
    if (scratch_bytes_ > 0) {
        scratchpad_ = dnnl::memory(scratchpad, cpu_engine(), DNNL_MEMORY_NONE);
        arguments_.push_back({DNNL_ARG_SCRATCHPAD, scratchpad_->get()});
    }
}

void OnednnKernel::run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte* scratch) {
    std::byte* const output = outputs.front().bytes;
    for (Bound& operand : operands_) {
        operand.memory.set_data_handle(
            const_cast<std::byte*>(inputs[operand.input].bytes));  // oneDNN only reads it
    }
    output_.set_data_handle(output);
    if (summed_ && inputs[*summed_].bytes != output)
        std::memcpy(output, inputs[*summed_].bytes, output_.get_desc().get_size());
    if (scratchpad_) scratchpad_->set_data_handle(scratch);
    const ThreadScope scope(threads_);
    // The C function takes the list as it is; the C++ one would build a map and a vector in every run.
    const dnnl_status_t status = dnnl_primitive_execute(
        primitive_.get(), stream_.get(), static_cast<int>(arguments_.size()), arguments_.data());
    if (status != dnnl_success) throw InternalError("oneDNN could not run a primitive that it had made");
}

}  // namespace espalier::runtime
