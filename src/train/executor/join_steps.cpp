// Steps that do the work of those behind them, in fewer passes over memory: a Relu, or the sum and the Relu
// at the end of a residual block.
#include <algorithm>

#include "train/executor/executor.h"

namespace espalier::train {

/// Whether nobody but this step reads a value, which is then never seen.
bool Executor::alone_reads(std::size_t step, int value) const {
    const auto reads = [&](const Step& other) { return std::ranges::count(other.inputs, value) > 0; };
    return step < steps_.size() && std::ranges::count(steps_[step].inputs, value) == 1 &&
           std::ranges::count_if(steps_, reads) == 1 && std::ranges::count(output_slots_, value) == 0;
}

void Executor::join_steps() {
    for (std::size_t i = 0; i + 1 < steps_.size(); ++i) {
        Step& step = steps_[i];
        if (step.op == nullptr || !step.narrow.empty() || step.outputs.size() != 1 ||
            !alone_reads(i + 1, step.outputs[0]))
            continue;
        const Step& next = steps_[i + 1];
        if (next.node.op == "Relu" && step.op->forward_relu != nullptr) step.joined = 1;
        if (next.node.op != "Add" || step.op->forward_add_relu == nullptr || !next.narrow.empty() ||
            !alone_reads(i + 2, next.outputs[0]) || steps_[i + 2].node.op != "Relu")
            continue;
        step.joined = 2;
        step.addend = next.inputs[next.inputs[0] == step.outputs[0] ? 1 : 0];
    }
}

/// The work of a step and of those that it does too; outputs are the last one's.
void Executor::compute_joined(const Step& step, const Pass& pass, std::span<const at::Tensor> inputs,
                              std::span<const at::Tensor> values, std::vector<at::Tensor>& outputs) {
    outputs.assign(1, at::Tensor());
    if (step.addend < 0) return step.op->forward_relu(pass, step.node, inputs, outputs);
    step.op->forward_add_relu(pass, step.node, inputs, values[static_cast<std::size_t>(step.addend)],
                              outputs);
}

}  // namespace espalier::train
