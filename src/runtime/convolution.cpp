#include "runtime/convolution.h"

#include <algorithm>

#include "runtime/cost_model.h"
#include "runtime/threads.h"

namespace espalier::runtime {
namespace {

using dnnl::convolution_forward;
using Desc = dnnl::memory::desc;

Desc any_layout(const Shape& shape) {
    return {shape, dnnl::memory::data_type::f32, dnnl::memory::format_tag::any};
}

/// `blocked` lets oneDNN choose how images lie in memory, otherwise they are row-major.
convolution_forward::primitive_desc describe_primitive(const Convolution& conv, bool constant, bool blocked) {
    const WindowDims window(conv.window.axes);
    const Desc source = blocked ? any_layout(conv.input) : row_major(conv.input);
    const Desc target = blocked ? any_layout(conv.output) : row_major(conv.output);
    const Desc weights = constant ? any_layout(conv.weight) : row_major(conv.weight);
    const Desc bias = constant || conv.bias ? row_major({conv.output[1]}) : Desc();
    return {{dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, source, weights, bias,
             target, window.strides, window.dilations, window.pads_begin, window.pads_end},
            attributes(conv.relu),
            cpu_engine()};
}

std::shared_ptr<Kernel> make_primitive(const Convolution& conv, ConvWeights* weights, int threads,
                                       const convolution_forward::primitive_desc& chosen) {
    std::vector<OnednnKernel::Operand> operands = {{DNNL_ARG_SRC, chosen.src_desc(), 0}};
    if (weights != nullptr) {
        return onednn_kernel<convolution_forward>(
            threads, chosen, operands,
            {{DNNL_ARG_WEIGHTS, weights->onednn(chosen.weights_desc())}, {DNNL_ARG_BIAS, weights->bias()}});
    }
    operands.push_back({DNNL_ARG_WEIGHTS, chosen.weights_desc(), 1});
    if (conv.bias) operands.push_back({DNNL_ARG_BIAS, chosen.bias_desc(), 2});
    return onednn_kernel<convolution_forward>(threads, chosen, operands);
}

std::shared_ptr<Kernel> make_reorder(const Desc& from, const Desc& to, int threads) {
    const dnnl::reorder::primitive_desc chosen(cpu_engine(), from, cpu_engine(), to, attributes(false));
    return onednn_kernel<dnnl::reorder>(threads, chosen, {{DNNL_ARG_FROM, from, 0}});
}

/// A primitive on images that lie in memory as it likes best, between changes of layout.
class BlockedKernel final : public Kernel {
  public:
    BlockedKernel(std::shared_ptr<Kernel> enter, std::shared_ptr<Kernel> body, std::shared_ptr<Kernel> leave,
                  std::size_t source_bytes, std::size_t target_bytes)
        : enter_(std::move(enter)),
          body_(std::move(body)),
          leave_(std::move(leave)),
          source_bytes_(aligned(source_bytes)),
          target_bytes_(aligned(target_bytes)) {}

    std::size_t scratch_bytes() const override {
        const std::size_t most =
            std::max({enter_->scratch_bytes(), body_->scratch_bytes(), leave_->scratch_bytes()});
        return source_bytes_ + target_bytes_ + most;
    }

    void run(std::span<const float* const> inputs, float* output, std::byte* scratch) override {
        float* source = reinterpret_cast<float*>(scratch);
        float* target = reinterpret_cast<float*>(scratch + source_bytes_);
        std::byte* rest = scratch + source_bytes_ + target_bytes_;
        const float* const blocked[] = {source, target};
        enter_->run(inputs.first(1), source, rest);
        body_->run({&blocked[0], 1}, target, rest);
        leave_->run({&blocked[1], 1}, output, rest);
    }

  private:
    static std::size_t aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

    std::shared_ptr<Kernel> enter_, body_, leave_;
    std::size_t source_bytes_, target_bytes_;
};

std::shared_ptr<Kernel> make_plain(const Convolution& conv, ConvWeights* weights, int threads) {
    const ThreadScope scope(threads);
    return make_primitive(conv, weights, threads, describe_primitive(conv, weights != nullptr, false));
}

std::shared_ptr<Kernel> make_blocked(const Convolution& conv, ConvWeights* weights, int threads) {
    const ThreadScope scope(threads);
    const auto chosen = describe_primitive(conv, true, true);
    auto body = make_primitive(conv, weights, threads, chosen);
    const Desc source = row_major(conv.input);
    const Desc target = row_major(conv.output);
    if (chosen.src_desc() == source && chosen.dst_desc() == target) return body;
    return std::make_shared<BlockedKernel>(make_reorder(source, chosen.src_desc(), threads), std::move(body),
                                           make_reorder(chosen.dst_desc(), target, threads),
                                           chosen.src_desc().get_size(), chosen.dst_desc().get_size());
}

}  // namespace

std::vector<Candidate> convolution(const Convolution& conv, ConvWeights* weights) {
    const auto axes = std::ssize(conv.output) - 2;
    const Shape kernel(conv.weight.end() - axes - 1, conv.weight.end());
    const std::int64_t positions = element_count(conv.output) / std::max<std::int64_t>(conv.output[1], 1);
    const double us =
        predict_dense_us({.batch = positions, .inputs = element_count(kernel), .outputs = conv.output[1]});
    std::vector<Candidate> all = {{.name = kDenseName, .single_us = us, .make = [=](int threads) {
                                       return make_plain(conv, weights, threads);
                                   }}};
    // Blocks of channels suit layers with many of them; to go there and back costs two passes over memory.
    // Which is faster is timed, as between dense and sparse.
    if (weights != nullptr) {
        all.push_back({.name = kDenseName, .single_us = us, .make = [=](int threads) {
                           return make_blocked(conv, weights, threads);
                       }});
    }
    return all;
}

}  // namespace espalier::runtime
