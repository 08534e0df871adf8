#include "runtime/execute/reference_step.h"

#include <algorithm>

#include "graph/evaluation.h"

namespace espalier::runtime {
namespace {

class EvaluatedKernel final : public Kernel {
  public:
    explicit EvaluatedKernel(const LoweringContext& site) : node_(site.node) {
        for (const OperandInfo& operand : site.operands) {
            if (operand.constant != nullptr) {
                copies_.emplace_back();
            } else {
                copies_.emplace_back(operand.dtype, operand.shape);
            }
            constants_.push_back(operand.constant);
        }
    }

    bool depends_on_data() const override { return true; }

    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte*) override {
        std::size_t operand = 0;
        std::vector<const Tensor*> tensors;
        for (const std::string& input : node_.inputs) {
            tensors.push_back(input.empty() ? nullptr : tensor(operand, inputs[operand].bytes));
            if (!input.empty()) ++operand;
        }
        const std::vector<Tensor> results = evaluate(node_, tensors);
        std::size_t output = 0;
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (node_.outputs[i].empty()) continue;
            const auto bytes = results[i].bytes();
            std::copy(bytes.begin(), bytes.end(), outputs[output++].bytes);
        }
    }

  private:
    const Tensor* tensor(std::size_t operand, const std::byte* data) {
        if (constants_[operand] != nullptr) return constants_[operand];
        const auto bytes = copies_[operand].bytes();
        std::copy_n(data, bytes.size(), bytes.begin());
        return &copies_[operand];
    }

    Node node_;
    std::vector<Tensor> copies_;
    std::vector<const Tensor*> constants_;
};

std::vector<Candidate> candidates(const LoweringContext& site) {
    // Made at once: the site does not outlive this call.
    auto kernel = std::make_shared<EvaluatedKernel>(site);
    return {{.name = "reference", .make = [kernel](int) { return kernel; }}};
}

}  // namespace

const Lowering kEvaluated{.name = "any",
                          .summary = "the plain computation of any operator",
                          .candidates = candidates,
                          .all_outputs = true};

}  // namespace espalier::runtime
