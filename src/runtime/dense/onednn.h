// oneDNN as the runtime uses it: one CPU engine, plain f32 layouts, and a Kernel around any primitive.
#pragma once

#include <functional>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <vector>

#include "espalier/tensor.h"
#include "graph/spatial/window.h"
#include "runtime/execute/kernel.h"
#include "runtime/fusion/eltwise_function.h"

namespace espalier::runtime {

const dnnl::engine& cpu_engine();

/// What oneDNN calls it. Throws Unsupported for a type that it has not.
dnnl::memory::data_type onednn_type(DType dtype);

/// In row-major order.
dnnl::memory::desc row_major(const Shape& shape, DType dtype = DType::f32);

/// `source` as `wanted`: a copy in the layout that a primitive prefers.
dnnl::memory reordered(const dnnl::memory& source, const dnnl::memory::desc& wanted);

/// A constant in the layouts that primitives ask for: each is made once and lives as long as a primitive has
/// it.
class OnednnForms {
  public:
    /// Makes the form of a constant in row-major order.
    using Fill = std::function<void(const dnnl::memory& plain)>;

    /// `with_plain(fill)` is called where the form is not there yet, and calls fill once.
    std::shared_ptr<const dnnl::memory> get(const dnnl::memory::desc& wanted,
                                            const std::function<void(const Fill&)>& with_plain);

  private:
    std::vector<std::weak_ptr<const dnnl::memory>> forms_;
};

/// A window as oneDNN's convolutions and pools take it; a dilation of 0 leaves no gap.
struct WindowDims {
    dnnl::memory::dims kernel, strides, dilations, pads_begin, pads_end;
    explicit WindowDims(const std::vector<WindowAxis>& axes);
};

/// Attributes every primitive is made with: its scratch memory is the runtime's.
dnnl::primitive_attr attributes();

class OnednnKernel final : public Kernel {
  public:
    /// An argument (DNNL_ARG_...) that is operand `input` of the step.
    struct Argument {
        int argument;
        dnnl::memory::desc desc;
        std::size_t input;
    };
    /// An argument that is the same in every run.
    struct Constant {
        int argument;
        std::shared_ptr<const dnnl::memory> memory;
    };
    /// `primitive` was made in a ThreadScope of `threads`, and runs in one. It adds to what is in the output,
    /// which is to be input `summed`, if any.
    OnednnKernel(int threads, dnnl::primitive primitive, const dnnl::memory::desc& output,
                 const dnnl::memory::desc& scratchpad, const std::vector<Argument>& operands,
                 std::vector<Constant> constants, std::optional<std::size_t> summed);

    std::size_t scratch_bytes() const override { return scratch_bytes_; }
    std::optional<std::size_t> in_place() const override { return summed_; }
    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte* scratch) override;

  private:
    int threads_;
    struct Bound {
        dnnl::memory memory;
        std::size_t input;
    };
    dnnl::primitive primitive_;
    dnnl::stream stream_;
    std::vector<Bound> operands_;
    std::vector<Constant> constants_;
    dnnl::memory output_;
    std::optional<dnnl::memory> scratchpad_;
    std::size_t scratch_bytes_;
    std::optional<std::size_t> summed_;
    std::vector<dnnl_exec_arg_t> arguments_;
};

/// What a primitive computes behind its operation, and the operands that it reads for that.
struct PostOpAttributes {
    dnnl::primitive_attr attributes;
    std::vector<OnednnKernel::Argument> operands = {};
    std::optional<std::size_t> summed = {};  // the input that must be in the output's memory

    /// The primitive's own operands and those.
    std::vector<OnednnKernel::Argument> with(std::vector<OnednnKernel::Argument> own) const;
};

/// `after`, into an output in this layout. Values that are added have that layout too.
PostOpAttributes post_op_attributes(const std::vector<PostOperation>& after,
                                    const dnnl::memory::desc& output);

/// The kernel of the primitive that `chosen` describes.
template <class Primitive>
std::shared_ptr<Kernel> onednn_kernel(int threads, const typename Primitive::primitive_desc& chosen,
                                      const std::vector<OnednnKernel::Argument>& operands,
                                      std::vector<OnednnKernel::Constant> constants = {},
                                      std::optional<std::size_t> summed = {}) {
    return std::make_shared<OnednnKernel>(threads, Primitive(chosen), chosen.dst_desc(),
                                          chosen.scratchpad_desc(), operands, std::move(constants), summed);
}

/// What `make` gives, or null where oneDNN has no implementation.
template <class Make>
std::shared_ptr<Kernel> unless_unimplemented(const Make& make) try {
    return make();
} catch (const dnnl::error& error) {
    if (error.status != dnnl_unimplemented) throw;
    return nullptr;
}

}  // namespace espalier::runtime
