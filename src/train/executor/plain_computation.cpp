#include "train/executor/plain_computation.h"

#include "graph/evaluation.h"

namespace espalier::train {
std::vector<std::int64_t> integers(const at::Tensor& input) {
    const at::Tensor whole = input.to(at::kCPU, at::kLong).contiguous();
    return {whole.data_ptr<std::int64_t>(), whole.data_ptr<std::int64_t>() + whole.numel()};
}

std::vector<at::Tensor> compute_plainly(const Node& node, std::span<const at::Tensor> inputs) {
    std::vector<Tensor> given;
    given.reserve(inputs.size());
    std::vector<const Tensor*> operands;
    at::Device device = at::kCPU;
    for (const at::Tensor& input : inputs) {
        operands.push_back(input.defined() ? &given.emplace_back(from_torch(input.cpu())) : nullptr);
        if (input.defined() && !input.is_cpu()) device = input.device();
    }
    std::vector<at::Tensor> outputs;
    for (const Tensor& output : evaluate(node, operands)) {
        const at::Tensor made = to_torch(output);
        outputs.push_back(made.is_floating_point() ? made.to(device) : made);
    }
    return outputs;
}

}  // namespace espalier::train
