// For kernels that compute nothing behind their operation: the steps are passes over their output.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "runtime/lowering.h"

namespace espalier::runtime {

/// Steps over a run of `count` elements, which a thread takes by itself while they are in its cache. An
/// object is used by one thread at a time.
class Passes {
  public:
    Passes(const std::vector<PostOperation>& steps, std::int64_t count, int threads);

    std::size_t scratch_bytes() const;
    /// On the elements at `data`. Step by step, `added(operand)` is where the elements lie that are added.
    template <class Added>
    void run(float* data, const Added& added, std::byte* scratch) const {
        for (const Pass& pass : passes_) {
            const Operand operands[] = {f32_operand(data),
                                        f32_operand(pass.added ? added(*pass.added) : nullptr)};
            const Result result = f32_result(data);
            pass.kernel->run(operands, {&result, 1}, scratch);
        }
    }

  private:
    struct Pass {
        std::shared_ptr<Kernel> kernel;
        std::optional<std::size_t> added;
    };
    static Pass make(const PostOperation& step, std::int64_t count, int threads);

    std::vector<Pass> passes_;
};

/// `candidate`, which gives `count` elements in rows, and behind it all of `after`.
Candidate with_post_operations(Candidate candidate, std::int64_t count,
                               const std::vector<PostOperation>& after);
Candidate with_post_operations(Candidate candidate, const LoweringContext& site);

}  // namespace espalier::runtime
