#include "calibrate/walk/walk.h"

#include <algorithm>

#include "espalier/error.h"
#include "espalier/runtime.h"
#include "graph/analysis/folding.h"
#include "graph/analysis/input_shapes.h"

namespace espalier::calibrate {
namespace {

/// What shapes are computed from is small; larger constants are cheaper to make again than to keep.
constexpr std::int64_t kMostKept = 1 << 16;

bool touches(const Node& node, const std::set<std::string>& values) {
    const std::vector<std::string> read = values_read(node);
    return std::ranges::any_of(read, [&](const std::string& value) { return values.contains(value); });
}

}  // namespace

Walk::Walk(const Graph& graph, const std::set<std::string>& weights, const Batches& batches, int threads)
    : graph_(graph), batches_(batches), threads_(threads), stages_(divide(graph, weights)) {
    std::map<std::map<std::string, Shape>, Constants> known;
    for (const NamedTensors& batch : batches) {
        Constants& constants = known[shapes_of(batch)];
        if (constants == nullptr) constants = constants_for(batch, weights);
        constants_.push_back(constants);
        Values& values = values_.emplace_back();
        for (const auto& [name, tensor] : batch)
            values.emplace(name, std::shared_ptr<const Tensor>(&tensor, [](auto*) {}));
    }
}

Walk::Constants Walk::constants_for(const NamedTensors& batch, const std::set<std::string>& weights) const {
    Graph interface = interface_of(graph_);
    set_input_shapes(interface, shapes_of(batch));
    for (const Value& input : interface.inputs) {
        if (!batch.contains(input.name))
            throw InvalidArgument("calibration: input \"" + input.name + "\" is missing");
    }
    // Also the types of weights, whose values change, come from the initialisers.
    Folding folding(interface, graph_.initializers, {.random = false, .heavy = false});
    std::set<std::string> changing = weights;
    std::set<std::string> kept;
    for (const Node& node : graph_.nodes) {
        const bool folded = folding.fold(node);
        const bool changes = touches(node, changing);
        const bool gives = std::ranges::any_of(node.outputs, [&](const auto& out) {
            return std::ranges::find(graph_.outputs, out, &Value::name) != graph_.outputs.end();
        });
        if (changes) changing.insert(node.outputs.begin(), node.outputs.end());
        if (folded && !changes && !gives) kept.insert(node.outputs.begin(), node.outputs.end());
    }
    auto constants = std::make_shared<Weights>();
    Weights computed = folding.take_computed();
    for (auto& [name, tensor] : computed) {
        if (kept.contains(name) && tensor.count() <= kMostKept) constants->emplace(name, std::move(tensor));
    }
    return constants;
}

std::vector<std::string> Walk::read_by(const Stage& stage, std::size_t batch) const {
    std::vector<std::string> reads;
    for (const std::string& value : stage.reads) {
        if (!constants_[batch]->contains(value)) reads.push_back(value);
    }
    return reads;
}

Graph Walk::part_for(const Stage& stage, std::size_t batch, const std::vector<std::string>& reads) const {
    const Weights& constants = *constants_[batch];
    Graph part;
    part.name = graph_.name;
    for (const std::string& name : reads) {
        const Tensor& tensor = *values_[batch].at(name);
        part.inputs.push_back({name, {tensor.dtype(), to_dims(tensor.shape())}});
    }
    for (const Node* node : stage.nodes) {
        const bool is_known = std::ranges::all_of(
            node->outputs, [&](const auto& output) { return output.empty() || constants.contains(output); });
        if (is_known) continue;
        part.nodes.push_back(*node);
        for (const std::string& value : values_read(*node)) {
            if (const auto own = graph_.initializers.find(value); own != graph_.initializers.end())
                part.initializers.emplace(value, own->second);
            else if (const auto known = constants.find(value); known != constants.end())
                part.initializers.emplace(value, known->second);
        }
    }
    if (part.nodes.empty()) return part;
    const auto types = infer_types(part);
    for (const std::string& name : stage.makes) {
        if (!constants.contains(name)) part.outputs.push_back({name, types.at(name)});
    }
    return part;
}

void Walk::advance() {
    const Stage& stage = stages_.at(next_++);
    // Sessions hold weights of their own: one at a time, for all batches that it fits.
    std::map<std::pair<const Weights*, std::vector<std::pair<DType, Shape>>>, std::vector<std::size_t>> alike;
    for (std::size_t batch = 0; batch < batches_.size(); ++batch) {
        std::vector<std::pair<DType, Shape>> types;
        for (const std::string& name : read_by(stage, batch)) {
            const Tensor& tensor = *values_[batch].at(name);
            types.emplace_back(tensor.dtype(), tensor.shape());
        }
        alike[{constants_[batch].get(), std::move(types)}].push_back(batch);
    }
    for (const auto& entry : alike) run(stage, entry.second);
    for (Values& values : values_) {
        for (const std::string& name : stage.ends) values.erase(name);
    }
}

void Walk::run(const Stage& stage, const std::vector<std::size_t>& batches) {
    const std::vector<std::string> reads = read_by(stage, batches.front());
    Graph part = part_for(stage, batches.front(), reads);
    if (part.outputs.empty()) return;
    const std::vector<Value> makes = part.outputs;
    runtime::Session session = runtime::compile(std::move(part), {.threads = threads_,
                                                                  .choice = runtime::Options::Choice::dense,
                                                                  .tuning = runtime::Options::Tuning::none});
    for (const std::size_t batch : batches) {
        std::vector<TensorView> inputs;
        for (const std::string& name : reads) inputs.emplace_back(*values_[batch].at(name));
        std::vector<Tensor> made = session.run(inputs);
        for (std::size_t i = 0; i < made.size(); ++i)
            values_[batch][makes[i].name] = std::make_shared<const Tensor>(std::move(made[i]));
    }
}

const Tensor& Walk::value(std::size_t batch, const std::string& name) const {
    if (const auto live = values_[batch].find(name); live != values_[batch].end()) return *live->second;
    if (const auto own = graph_.initializers.find(name); own != graph_.initializers.end()) return own->second;
    return constants_[batch]->at(name);
}

bool Walk::has(std::size_t batch, const std::string& name) const {
    return values_[batch].contains(name) || graph_.initializers.contains(name) ||
           constants_[batch]->contains(name);
}

std::vector<Tensor> Walk::outputs(std::size_t batch) const {
    std::vector<Tensor> outputs;
    for (const Value& output : graph_.outputs) outputs.push_back(value(batch, output.name));
    return outputs;
}

}  // namespace espalier::calibrate
