#include "train/executor/executor.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/wildcard.h"
#include "graph/analysis/folding.h"
#include "graph/bodies/inlined.h"
#include "graph/op.h"
#include "tensor/convert.h"
#include "train/executor/lanes.h"
#include "train/executor/plain_computation.h"

namespace espalier::train {
namespace {

/// Follows which values carry a gradient: parameters, and what is computed from them in floating point.
class Carriers {
  public:
    Carriers(const std::map<std::string, ValueType>& types,
             const std::map<std::string, at::Tensor>& parameters)
        : types_(types) {
        for (const auto& [name, value] : parameters) carrying_.insert(name);
    }

    /// How the next node in order is executed; null for plainly. Throws Unsupported if a gradient must pass
    /// and cannot.
    const TrainOp* choose(const Node& node) {
        const auto real = [&](const std::string& value) {
            return !value.empty() && is_float(types_.at(value).dtype);
        };
        const TrainOp* op = ops().find(node.op);
        const bool carries =
            std::ranges::any_of(node.inputs, [&](const auto& input) { return carrying_.contains(input); });
        const bool gives_reals = std::ranges::any_of(node.outputs, real);
        if (has_bodies(node))
            throw Unsupported(
                fmt::format("{}: {} cannot be trained where what its body does is known only when it runs",
                            describe(node), node.op));
        if (op == nullptr && operator_of(node).evaluate == nullptr)
            throw Unsupported(fmt::format("{}: operator \"{}\" cannot be trained", describe(node), node.op));
        if (op == nullptr && carries && gives_reals) {
            throw Unsupported(fmt::format("{}: operator \"{}\" has no gradient, and parameters lie before it",
                                          describe(node), node.op));
        }
        for (const std::string& output : node.outputs) {
            if (carries && real(output)) carrying_.insert(output);
        }
        return gives_reals ? op : nullptr;
    }

  private:
    const std::map<std::string, ValueType>& types_;
    std::set<std::string> carrying_;
};

}  // namespace

Executor::Executor(const Graph& graph, const Weights& weights, const std::string& output)
    : inputs_(graph.inputs) {
    verify(graph);
    for (const Value& input : graph.inputs) input_slots_.push_back(slot(input.name));
    Weights constants = add_trained(graph, weights);
    if (has_bodies(graph)) {
        const Graph flat = with_bodies_inlined(graph);
        for (const auto& [name, tensor] : flat.initializers) {
            if (!graph.initializers.contains(name)) constants.emplace(name, tensor);
        }
        add_steps(flat, constants);
    } else {
        add_steps(graph, constants);
    }
    for (const Value& value : graph.outputs) output_slots_.push_back(slots_.at(value.name));
    if (!output.empty()) output_slots_.front() = slots_.at(output);
    join_steps();
}

int Executor::slot(const std::string& value) {
    const auto [at, fresh] = slots_.emplace(value, static_cast<int>(slots_.size()));
    if (fresh) constants_.emplace_back();
    return at->second;
}

/// Parameters and buffers; returns the other initialisers.
Weights Executor::add_trained(const Graph& graph, const Weights& weights) {
    Weights constants;
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
        if (!trained.contains(name) && !moved.contains(name)) {
            constants.emplace(name, value);
            continue;
        }
        at::Tensor tensor = to_torch(value);
        if (trained.contains(name)) parameters_.emplace(name, tensor.set_requires_grad(true));
        if (moved.contains(name)) buffers_.emplace(name, tensor);
        constants_[static_cast<std::size_t>(slot(name))] = tensor;
    }
    for (const auto& [name, value] : weights) {
        if (!graph.initializers.contains(name)) {
            throw InvalidArgument(
                fmt::format("weights \"{}\" do not belong to network \"{}\"", name, graph.name));
        }
    }
    return constants;
}

void Executor::add_steps(const Graph& graph, const Weights& constants) {
    const auto types = infer_types(graph);
    Folding folding(graph, constants);
    Carriers carriers(types, parameters_);
    // A known value gets its tensor where something that runs reads it.
    const auto place = [&](const std::string& name) {
        const int at = slot(name);
        at::Tensor& tensor = constants_[static_cast<std::size_t>(at)];
        const Tensor* known = folding.known(name);
        if (known != nullptr && !tensor.defined()) tensor = to_torch(*known);
        return at;
    };
    for (const Node& node : graph.nodes) {
        if (folding.fold(node)) continue;
        Step step{.node = node, .op = carriers.choose(node), .inputs = {}, .outputs = {}};
        bool halves = false;
        for (const auto& name : node.inputs) {
            step.inputs.push_back(name.empty() ? -1 : place(name));
            halves |= !name.empty() && is_half(types.at(name).dtype);
        }
        for (const auto& name : node.outputs) {
            step.outputs.push_back(name.empty() ? -1 : slot(name));
            if (halves && step.op != nullptr)
                step.narrow.push_back(name.empty() ? at::kFloat : scalar_type(types.at(name).dtype));
        }
        steps_.push_back(std::move(step));
    }
    for (const Value& output : graph.outputs) place(output.name);
    promised_sizes_ = folding.used_shapes();
}

std::size_t Executor::nodes_before(const std::string& parameter) const {
    const int slot = slots_.at(parameter);
    const auto reads = [&](const Step& step) { return std::ranges::count(step.inputs, slot) > 0; };
    return static_cast<std::size_t>(std::ranges::find_if(steps_, reads) - steps_.begin());
}

void Executor::transform(const std::function<at::Tensor(const std::string&, const at::Tensor&)>& change) {
    for (auto& [name, value] : parameters_) {
        value = change(name, value.detach()).detach().set_requires_grad(true);
        constants_[static_cast<std::size_t>(slots_.at(name))] = value;
    }
}

at::Tensor Executor::forward(const Inputs& inputs, const Pass& pass, const Observer& observer) {
    return run(in_order(inputs), pass, observer).front();
}

std::vector<at::Tensor> Executor::in_order(const Inputs& inputs) const {
    if (inputs.size() != inputs_.size())
        throw InvalidArgument(fmt::format("{} inputs for a network with {}", inputs.size(), inputs_.size()));
    std::vector<at::Tensor> ordered;
    for (const Value& input : inputs_) {
        auto given = inputs.find(input.name);
        if (given == inputs.end() && inputs_.size() == 1) given = inputs.find("");
        if (given == inputs.end())
            throw InvalidArgument(fmt::format("the network's input \"{}\" is not given", input.name));
        // Doubles are given where more precision is asked for than the graph has.
        const bool stays = given->second.scalar_type() == at::kDouble;
        ordered.push_back(stays ? given->second : given->second.to(scalar_type(input.type.dtype)));
    }
    return ordered;
}

std::vector<at::Tensor> Executor::run(std::span<const at::Tensor> given, const Pass& pass,
                                      const Observer& observer) {
    check_inputs(given);
    std::vector<at::Tensor> values = values_before(given);
    for (const auto& [name, buffer] : buffers_) {
        at::Tensor& value = values[static_cast<std::size_t>(slots_.at(name))];
        if (holds_buffers_) value = value.clone();
    }
    const std::vector<at::Tensor> before = device_ ? values : std::vector<at::Tensor>();
    std::vector<at::Tensor> inputs;
    std::vector<at::Tensor> outputs;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const Step& step = steps_[i];
        inputs.clear();
        for (const int at : step.inputs) {
            inputs.push_back(at < 0 ? at::Tensor() : values[static_cast<std::size_t>(at)]);
        }
        if (observer) observer(step.node, inputs);
        if (step.joined == 0 || observer) {
            compute(step, pass, inputs, outputs);
        } else {
            compute_joined(step, pass, inputs, values, outputs);
            i += step.joined;
        }
        const std::vector<int>& slots = steps_[i].outputs;
        for (std::size_t o = 0; o < slots.size(); ++o) {
            if (slots[o] >= 0) values[static_cast<std::size_t>(slots[o])] = std::move(outputs[o]);
        }
    }
    for (auto& [name, buffer] : buffers_) {
        if (!device_ || holds_buffers_) break;
        const at::NoGradGuard no_grad;
        buffer.copy_(before[static_cast<std::size_t>(slots_.at(name))]);
    }
    std::vector<at::Tensor> results;
    for (const int at : output_slots_) {
        const at::Tensor& output = values[static_cast<std::size_t>(at)];
        results.push_back(device_ ? output.to(at::kCPU) : output);
    }
    return results;
}

void Executor::compute(const Step& step, const Pass& pass, std::vector<at::Tensor>& inputs,
                       std::vector<at::Tensor>& outputs) {
    outputs.assign(step.outputs.size(), at::Tensor());
    if (step.sparse != nullptr) {
        outputs[0] = step.sparse->forward(inputs[0], inputs[1], optional_input(inputs, 2));
        return;
    }
    if (step.op == nullptr) {
        outputs = compute_plainly(step.node, inputs);
        return;
    }
    for (at::Tensor& input : inputs) {
        if (!step.op->takes_lanes && input.defined()) input = from_lanes(input);
    }
    if (step.narrow.empty()) return step.op->forward(pass, step.node, inputs, outputs);
    for (at::Tensor& input : inputs) {
        if (input.defined() && (input.scalar_type() == at::kHalf || input.scalar_type() == at::kBFloat16))
            input = input.to(at::kFloat);
    }
    step.op->forward(pass, step.node, inputs, outputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        if (outputs[i].defined()) outputs[i] = outputs[i].to(step.narrow[i]);
    }
}

void Executor::check_inputs(std::span<const at::Tensor> inputs) const {
    if (inputs.size() != inputs_.size()) {
        throw InvalidArgument(fmt::format("{} inputs for a network with {}", inputs.size(), inputs_.size()));
    }
    for (std::size_t i = 0; promised_sizes_ && i < inputs.size(); ++i) {
        const Dims& expected = inputs_[i].type.dims;
        const auto sizes = inputs[i].sizes();
        bool fits = sizes.size() == expected.size();
        for (std::size_t d = 0; fits && d < sizes.size(); ++d)
            fits = !expected[d].is_fixed() || expected[d].size() == sizes[d];
        if (!fits) {
            throw InvalidArgument(fmt::format("input \"{}\" is {}, the network takes {}", inputs_[i].name,
                                              to_string(sizes.vec()), to_string(expected)));
        }
    }
}

/// What run() starts from: what is known and the inputs, copied to the device if there is one. Integers are
/// shapes and axes, which ATen reads on the CPU.
std::vector<at::Tensor> Executor::values_before(std::span<const at::Tensor> inputs) const {
    std::vector<at::Tensor> values = constants_;
    for (std::size_t i = 0; i < inputs.size(); ++i)
        values[static_cast<std::size_t>(input_slots_[i])] = inputs[i];
    if (!device_) return values;
    for (at::Tensor& value : values) {
        if (value.defined() && value.is_floating_point())
            value = value.to(*device_, value.scalar_type(), false, true);
    }
    return values;
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

Executor::Values Executor::copy_values() const {
    Values out;
    for (const auto* held : {&parameters_, &buffers_}) {
        for (const auto& [name, tensor] : *held) out.emplace(name, tensor.detach().clone());
    }
    return out;
}

Executor::Values Executor::values_of(const Weights& weights) const {
    Values out;
    const auto add = [&](const std::string& name, const at::Tensor& now) {
        const SparseLayer* layer = sparse(name);
        const auto given = weights.find(name);
        const Shape expected = layer == nullptr ? now.sizes().vec() : layer->shape();
        if (given == weights.end() || given->second.shape() != expected) {
            throw BadData(fmt::format(
                "weights of \"{}\" {}, the network has {}", name,
                given == weights.end() ? "are missing" : "are " + to_string(given->second.shape()),
                to_string(expected)));
        }
        const at::Tensor value = to_torch(given->second);
        out.emplace(name, layer == nullptr ? value : layer->compress(value));
    };
    for (const auto& [name, value] : parameters_) add(name, value);
    for (const auto& [name, value] : buffers_) add(name, value);
    return out;
}

void Executor::set_values(const Values& values) {
    const at::NoGradGuard no_grad;
    for (auto& [name, value] : parameters_) value.copy_(values.at(name));
    for (auto& [name, value] : buffers_) value.copy_(values.at(name));
}

Weights Executor::weights(const Values& values) const {
    Weights out;
    for (const auto& [name, tensor] : values) {
        const SparseLayer* layer = sparse(name);
        out.emplace(name, from_torch(layer == nullptr ? tensor : layer->expand(tensor)));
    }
    return out;
}

Weights Executor::weights() const {
    Values now = parameters_;
    now.insert(buffers_.begin(), buffers_.end());
    return weights(now);
}

}  // namespace espalier::train
