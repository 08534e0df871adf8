#include "runtime/execute/interpreter.h"

#include <set>

#include "graph/evaluation.h"

namespace espalier::runtime {

NodeByNode::NodeByNode(const Graph& graph) {
    for (const Value& input : graph.inputs) inputs_.push_back(input.name);
    for (const Value& output : graph.outputs) outputs_.push_back(output.name);
    for (const auto& [name, tensor] : graph.initializers) constants_.emplace(name, &tensor);
    std::set<std::string> read(outputs_.begin(), outputs_.end());
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
        Step step{.node = *node, .last = {}};
        for (const auto* names : {&node->outputs, &node->inputs}) {
            for (const std::string& name : *names) {
                if (read.insert(name).second) step.last.push_back(name);
            }
        }
        steps_.insert(steps_.begin(), std::move(step));
    }
}

std::vector<Tensor> NodeByNode::run(
    std::span<const TensorView> inputs,
    const std::function<void(std::size_t node, const std::function<void()>& body)>& timed) const {
    std::map<std::string, const Tensor*> known = constants_;
    std::vector<Tensor> given;
    given.reserve(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i)
        known[inputs_[i]] = &given.emplace_back(copy_of(inputs[i]));
    NamedTensors computed;
    for (std::size_t at = 0; at < steps_.size(); ++at) {
        const Step& step = steps_[at];
        std::vector<const Tensor*> operands;
        for (const std::string& input : step.node.inputs)
            operands.push_back(input.empty() ? nullptr : known.at(input));
        std::vector<Tensor> results;
        timed(at, [&] { results = evaluate(step.node, operands); });
        for (std::size_t i = 0; i < results.size(); ++i) {
            const std::string& name = step.node.outputs[i];
            if (name.empty()) continue;
            known[name] = &(computed[name] = std::move(results[i]));
        }
        for (const std::string& name : step.last) computed.erase(name);
    }
    std::vector<Tensor> outputs;
    outputs.reserve(outputs_.size());
    for (const std::string& name : outputs_) outputs.push_back(*known.at(name));
    return outputs;
}

}  // namespace espalier::runtime
