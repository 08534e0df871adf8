#include "runtime/followed.h"

#include <algorithm>
#include <utility>

#include "runtime/onednn.h"
#include "runtime/threads.h"

namespace espalier::runtime {
namespace {

struct Pass {
    std::shared_ptr<Kernel> kernel;
    std::optional<std::size_t> added;
};

Pass make_pass(const After& after, std::int64_t count, int threads) {
    const ThreadScope scope(threads);
    const auto flat = row_major({count});
    if (after.added) {
        const dnnl::binary::primitive_desc chosen({dnnl::algorithm::binary_add, flat, flat, flat},
                                                  attributes(), cpu_engine());
        return {onednn_kernel<dnnl::binary>(threads, chosen,
                                            {{DNNL_ARG_SRC_0, flat, 0}, {DNNL_ARG_SRC_1, flat, 1}}),
                after.added};
    }
    const Function& f = after.function;
    const dnnl::eltwise_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, f.algorithm, flat, f.alpha, f.beta}, attributes(), cpu_engine());
    return {onednn_kernel<dnnl::eltwise_forward>(threads, chosen, {{DNNL_ARG_SRC, flat, 0}}), {}};
}

class FollowedKernel final : public Kernel {
  public:
    FollowedKernel(std::shared_ptr<Kernel> first, std::vector<Pass> passes)
        : first_(std::move(first)), passes_(std::move(passes)) {}

    std::size_t scratch_bytes() const override {
        std::size_t most = first_->scratch_bytes();
        for (const Pass& pass : passes_) most = std::max(most, pass.kernel->scratch_bytes());
        return most;
    }

    void run(std::span<const float* const> inputs, float* output, std::byte* scratch) override {
        first_->run(inputs, output, scratch);
        for (const Pass& pass : passes_) {
            const float* const operands[] = {output, pass.added ? inputs[*pass.added] : nullptr};
            pass.kernel->run(operands, output, scratch);
        }
    }

  private:
    std::shared_ptr<Kernel> first_;
    std::vector<Pass> passes_;
};

}  // namespace

Candidate followed(Candidate candidate, const Site& site) {
    if (site.after.empty()) return candidate;
    const std::int64_t count = element_count(site.output);
    candidate.make = [make = std::move(candidate.make), count, after = site.after](int threads) {
        std::vector<Pass> passes;
        for (const After& step : after) passes.push_back(make_pass(step, count, threads));
        return std::make_shared<FollowedKernel>(make(threads), std::move(passes));
    };
    return candidate;
}

}  // namespace espalier::runtime
