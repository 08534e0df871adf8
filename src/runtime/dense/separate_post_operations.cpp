#include "runtime/dense/separate_post_operations.h"

#include <algorithm>
#include <utility>

#include "runtime/dense/gelu.h"
#include "runtime/dense/onednn.h"
#include "runtime/execute/threads.h"

namespace espalier::runtime {
namespace {

class FollowedKernel final : public Kernel {
  public:
    FollowedKernel(std::shared_ptr<Kernel> first, Passes passes)
        : first_(std::move(first)), passes_(std::move(passes)) {}

    std::size_t scratch_bytes() const override {
        return std::max(first_->scratch_bytes(), passes_.scratch_bytes());
    }

    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte* scratch) override {
        first_->run(inputs, outputs, scratch);
        passes_.run(
            outputs[0].f32(), [&](std::size_t operand) { return inputs[operand].f32(); }, scratch);
    }

  private:
    std::shared_ptr<Kernel> first_;
    Passes passes_;
};

}  // namespace

Passes::Passes(const std::vector<PostOperation>& steps, std::int64_t count, int threads) {
    for (const PostOperation& step : steps) passes_.push_back(make(step, count, threads));
}

Passes::Pass Passes::make(const PostOperation& step, std::int64_t count, int threads) {
    const ThreadScope scope(threads);
    const auto flat = row_major({count});
    if (step.added) {
        const dnnl::binary::primitive_desc chosen({dnnl::algorithm::binary_add, flat, flat, flat},
                                                  attributes(), cpu_engine());
        return {onednn_kernel<dnnl::binary>(threads, chosen,
                                            {{DNNL_ARG_SRC_0, flat, 0}, {DNNL_ARG_SRC_1, flat, 1}}),
                step.added};
    }
    const Function& f = step.function;
    if (is_gelu(f)) return {gelu_kernel(f, count, threads), {}};
    const dnnl::eltwise_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, f.algorithm, flat, f.alpha, f.beta}, attributes(), cpu_engine());
    return {onednn_kernel<dnnl::eltwise_forward>(threads, chosen, {{DNNL_ARG_SRC, flat, 0}}), {}};
}

std::size_t Passes::scratch_bytes() const {
    std::size_t most = 0;
    for (const Pass& pass : passes_) most = std::max(most, pass.kernel->scratch_bytes());
    return most;
}

Candidate with_post_operations(Candidate candidate, std::int64_t count,
                               const std::vector<PostOperation>& after) {
    if (after.empty()) return candidate;
    candidate.make = [make = std::move(candidate.make), count,
                      after](int threads) -> std::shared_ptr<Kernel> {
        std::shared_ptr<Kernel> first = make(threads);
        if (first == nullptr) return nullptr;
        return std::make_shared<FollowedKernel>(std::move(first), Passes(after, count, threads));
    };
    return candidate;
}

Candidate with_post_operations(Candidate candidate, const LoweringContext& site) {
    return with_post_operations(std::move(candidate), element_count(site.output), site.after);
}

}  // namespace espalier::runtime
