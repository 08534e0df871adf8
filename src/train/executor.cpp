#include "train/executor.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/wildcard.h"

namespace espalier::train {
namespace {

constexpr std::int64_t kLeastSparse = 4096;  // weights; a smaller layer is done before its input is in panels

/// x [n, in] times w' [out, in] plus b, and nothing else.
bool is_fully_connected(const Node& node, const std::vector<int>& inputs, int weight) {
    return node.op == "Gemm" && inputs[1] == weight && node.attribute_int("transA", 0) == 0 &&
           node.attribute_int("transB", 0) == 1 && node.attribute_float("alpha", 1) == 1 &&
           node.attribute_float("beta", 1) == 1;
}

}  // namespace

Executor::Executor(const Graph& graph, const Weights& weights) {
    verify(graph);
    if (graph.inputs.size() != 1) {
        throw Unsupported(fmt::format("training needs a network with one input, \"{}\" has {}", graph.name,
                                      graph.inputs.size()));
    }
    input_slot_ = slot(graph.inputs.front().name);
    add_constants(graph, weights);
    for (const Node& node : graph.nodes) {
        const TrainOp* op = ops().find(node.op);
        if (op == nullptr) {
            throw Unsupported(fmt::format("{}: operator \"{}\" cannot be trained", describe(node), node.op));
        }
        Step step{.node = node, .op = op, .inputs = {}, .outputs = {}};
        for (const auto& name : node.inputs) step.inputs.push_back(name.empty() ? -1 : slot(name));
        for (const auto& name : node.outputs) step.outputs.push_back(name.empty() ? -1 : slot(name));
        steps_.push_back(std::move(step));
    }
    output_slot_ = slots_.at(graph.outputs.front().name);
}

int Executor::slot(const std::string& value) {
    const auto [at, fresh] = slots_.emplace(value, static_cast<int>(slots_.size()));
    if (fresh) constants_.emplace_back();
    return at->second;
}

void Executor::add_constants(const Graph& graph, const Weights& weights) {
    const auto trained = espalier::parameters(graph);
    const auto moved = espalier::buffers(graph);
    for (const auto& [name, initial] : graph.initializers) {
        const auto given = weights.find(name);
        const Tensor& value = given == weights.end() ? initial : given->second;
        if (value.shape() != initial.shape() || value.dtype() != initial.dtype()) {
            throw InvalidArgument(fmt::format("weights of \"{}\" are {} {}, the network has {} {}", name,
                                              name_of(value.dtype()), to_string(value.shape()),
                                              name_of(initial.dtype()), to_string(initial.shape())));
        }
        at::Tensor tensor = to_torch(value);
        if (trained.contains(name)) parameters_.emplace(name, tensor.set_requires_grad(true));
        if (moved.contains(name)) buffers_.emplace(name, tensor);
        const int at = slot(name);
        constants_[static_cast<std::size_t>(at)] = tensor;
    }
    for (const auto& [name, value] : weights) {
        if (!graph.initializers.contains(name)) {
            throw InvalidArgument(
                fmt::format("weights \"{}\" do not belong to network \"{}\"", name, graph.name));
        }
    }
}

void Executor::transform(const std::function<at::Tensor(const std::string&, const at::Tensor&)>& change) {
    for (auto& [name, value] : parameters_) {
        value = change(name, value.detach()).detach().set_requires_grad(true);
        constants_[static_cast<std::size_t>(slots_.at(name))] = value;
    }
}

at::Tensor Executor::forward(const at::Tensor& input, const Pass& pass, const Observer& observer) {
    std::vector<at::Tensor> values = inputs_on_device(input);
    const std::vector<at::Tensor> before = device_ ? values : std::vector<at::Tensor>();
    std::vector<at::Tensor> inputs;
    std::vector<at::Tensor> outputs;
    for (const Step& step : steps_) {
        inputs.clear();
        for (const int at : step.inputs) {
            inputs.push_back(at < 0 ? at::Tensor() : values[static_cast<std::size_t>(at)]);
        }
        if (observer) observer(step.node, inputs);
        outputs.assign(step.outputs.size(), at::Tensor());
        if (step.sparse != nullptr) {
            outputs[0] = sparse_linear(*step.sparse, inputs[0], inputs[1],
                                       inputs.size() > 2 ? inputs[2] : at::Tensor());
        } else {
            step.op->forward(pass, step.node, inputs, outputs);
        }
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            if (step.outputs[i] >= 0)
                values[static_cast<std::size_t>(step.outputs[i])] = std::move(outputs[i]);
        }
    }
    const at::Tensor& output = values[static_cast<std::size_t>(output_slot_)];
    if (!device_) return output;
    for (auto& [name, buffer] : buffers_) {
        const at::NoGradGuard no_grad;
        buffer.copy_(before[static_cast<std::size_t>(slots_.at(name))]);
    }
    return output.to(at::kCPU);
}

/// What forward() starts from: initialisers and the input, copied to the device if there is one. Integers are
/// shapes and axes, which ATen reads on the CPU.
std::vector<at::Tensor> Executor::inputs_on_device(const at::Tensor& input) const {
    std::vector<at::Tensor> values = constants_;
    values[static_cast<std::size_t>(input_slot_)] = input;
    if (!device_) return values;
    for (at::Tensor& value : values) {
        if (value.defined() && value.is_floating_point())
            value = value.to(*device_, value.scalar_type(), false, true);
    }
    return values;
}

prune::MaskSet Executor::sparsify(const prune::MaskSet& masks, double density) {
    prune::MaskSet others;
    for (const auto& [name, mask] : masks) {
        const auto slot = slots_.find(name);
        const auto uses = [&](const Step& step) {
            return slot != slots_.end() && std::ranges::count(step.inputs, slot->second) > 0;
        };
        const auto step = std::ranges::find_if(steps_, uses);
        const bool fits = step != steps_.end() && std::ranges::count_if(steps_, uses) == 1 &&
                          is_fully_connected(step->node, step->inputs, slot->second) && mask.kept() > 0 &&
                          static_cast<double>(mask.kept()) <= density * static_cast<double>(mask.count()) &&
                          mask.count() >= kLeastSparse;
        if (!fits) {
            others.insert(name, mask);
            continue;
        }
        const auto& weight = sparse_.emplace(name, std::make_unique<SparseWeight>(mask)).first->second;
        step->sparse = weight.get();
        at::Tensor& value = parameters_.at(name);
        value = weight->compress(value.detach()).set_requires_grad(true);
        constants_[static_cast<std::size_t>(slot->second)] = value;
    }
    return others;
}

void Executor::freeze(const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns) {
        bool found = false;
        for (auto& [name, value] : parameters_) {
            if (!matches(pattern, name)) continue;
            value.set_requires_grad(false);
            found = true;
        }
        if (!found) throw InvalidArgument(fmt::format("freeze \"{}\": there is no such weight", pattern));
    }
}

void Executor::set_weights(const Weights& weights) {
    const at::NoGradGuard no_grad;
    const auto set = [&](const std::string& name, at::Tensor& to, const SparseWeight* sparse) {
        const auto given = weights.find(name);
        const Shape expected =
            sparse == nullptr ? to.sizes().vec() : Shape{sparse->outputs(), sparse->inputs()};
        if (given == weights.end() || given->second.shape() != expected) {
            throw BadData(fmt::format(
                "weights of \"{}\" {}, the network has {}", name,
                given == weights.end() ? "are missing" : "are " + to_string(given->second.shape()),
                to_string(expected)));
        }
        const at::Tensor value = to_torch(given->second);
        to.copy_(sparse == nullptr ? value : sparse->compress(value));
    };
    for (auto& [name, value] : parameters_) {
        const auto sparse = sparse_.find(name);
        set(name, value, sparse == sparse_.end() ? nullptr : sparse->second.get());
    }
    for (auto& [name, value] : buffers_) set(name, value, nullptr);
}

Weights Executor::weights() const {
    Weights out;
    for (const auto& [name, tensor] : parameters_) {
        const auto sparse = sparse_.find(name);
        out.emplace(name, from_torch(sparse == sparse_.end() ? tensor : sparse->second->expand(tensor)));
    }
    for (const auto& [name, tensor] : buffers_) out.emplace(name, from_torch(tensor));
    return out;
}

}  // namespace espalier::train
