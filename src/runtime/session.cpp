#include <fmt/format.h>

#include <algorithm>

#include "base/parallel.h"
#include "espalier/error.h"
#include "espalier/runtime.h"
#include "runtime/fusion.h"
#include "runtime/planner.h"

namespace espalier::runtime {

struct Session::State {
    Graph graph;
    Options options;
    int threads = 1;
    WeightCache weights;
    std::map<std::vector<Shape>, Plan> plans;    // by the shapes of the inputs in the graph's order
    const std::vector<Shape>* shapes = nullptr;  // of the plan last used
    Plan* plan = nullptr;
    Arena arena;
    std::vector<const float*> inputs;
    std::vector<float*> outputs;

    void select(std::vector<Shape> input_shapes);
    Plan make(const std::vector<Shape>& input_shapes);
    std::vector<Tensor> run();
};

namespace {

/// The shapes of the inputs in the graph's order, after checking that exactly these are given.
template <class Given, class ShapeOf>
std::vector<Shape> shapes_in_order(const Graph& graph, const Given& given, const ShapeOf& shape_of) {
    std::vector<Shape> shapes;
    for (const Value& input : graph.inputs) {
        const auto found = given.find(input.name);
        if (found == given.end()) throw InvalidArgument(fmt::format("input \"{}\" is missing", input.name));
        shapes.push_back(shape_of(found->second));
    }
    if (given.size() != graph.inputs.size()) {
        for (const auto& entry : given) {
            const std::string& name = entry.first;
            const auto same = [&](const Value& input) { return input.name == name; };
            if (std::none_of(graph.inputs.begin(), graph.inputs.end(), same)) {
                throw InvalidArgument(fmt::format("input \"{}\" is not one of the graph's", name));
            }
        }
    }
    return shapes;
}

/// Fixed dimensions must be met, and a symbol must be the same number everywhere.
void check_shapes(const Graph& graph, const std::vector<Shape>& shapes) {
    std::map<std::string, std::int64_t> symbols;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        const Value& input = graph.inputs[i];
        const Dims& wanted = input.type.dims;
        element_count(shapes[i]);  // refuses negative and overflowing ones
        bool fits = shapes[i].size() == wanted.size();
        for (std::size_t d = 0; fits && d < wanted.size(); ++d) {
            fits = !wanted[d].is_fixed() || wanted[d].size() == shapes[i][d];
            if (!wanted[d].is_symbol()) continue;
            const auto [symbol, first] = symbols.emplace(wanted[d].symbol(), shapes[i][d]);
            if (!first && symbol->second != shapes[i][d]) {
                throw InvalidArgument(fmt::format("input \"{}\": got {}={} where {} is already {}",
                                                  input.name, symbol->first, shapes[i][d], symbol->first,
                                                  symbol->second));
            }
        }
        if (!fits) {
            throw InvalidArgument(fmt::format("input \"{}\": got shape {}, expected {}", input.name,
                                              to_string(shapes[i]), to_string(wanted)));
        }
    }
}

/// The type of every value when the inputs have these shapes. The graph is only borrowed to be changed: a
/// copy would copy the weights.
Types types_for(Graph& graph, const std::vector<Shape>& input_shapes) {
    std::vector<Value> inputs = graph.inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i].type.dims = to_dims(input_shapes[i]);
    std::swap(graph.inputs, inputs);
    try {
        Types types = infer_types(graph);
        std::swap(graph.inputs, inputs);
        return types;
    } catch (const Error& error) {  // the graph is valid, so these shapes are not
        std::swap(graph.inputs, inputs);
        throw InvalidArgument(error.what());
    }
}

/// The runtime computes in f32; nodes are checked when they are fused.
void check_interface(const std::vector<Value>& values, const char* what) {
    for (const Value& value : values) {
        if (value.type.dtype == DType::f32) continue;
        throw Unsupported(fmt::format("{} \"{}\" is {}, the runtime computes in f32", what, value.name,
                                      name_of(value.type.dtype)));
    }
}

}  // namespace

Plan Session::State::make(const std::vector<Shape>& input_shapes) {
    check_shapes(graph, input_shapes);
    const Types types = types_for(graph, input_shapes);
    return make_plan({graph, types, weights, options.choice, threads});
}

void Session::State::select(std::vector<Shape> input_shapes) {
    if (shapes != nullptr && *shapes == input_shapes) return;
    auto found = plans.find(input_shapes);
    if (found == plans.end()) {
        Plan made = make(input_shapes);
        found = plans.emplace(std::move(input_shapes), std::move(made)).first;
    }
    shapes = &found->first;
    plan = &found->second;
}

std::vector<Tensor> Session::State::run() {
    std::vector<Tensor> results;
    results.reserve(plan->outputs.size());
    outputs.clear();
    for (const Shape& shape : plan->outputs) {
        results.emplace_back(DType::f32, shape);
        outputs.push_back(results.back().f32().data());
    }
    plan->program.run(inputs, outputs, arena.at_least(plan->program.arena_bytes()));
    return results;
}

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

void Session::prepare(const std::map<std::string, Shape>& input_shapes) {
    state_->select(shapes_in_order(state_->graph, input_shapes, [](const Shape& shape) { return shape; }));
}

std::vector<Tensor> Session::run(const NamedTensors& inputs) {
    state_->inputs.clear();
    std::vector<Shape> shapes =
        shapes_in_order(state_->graph, inputs, [](const Tensor& t) { return t.shape(); });
    for (const Value& input : state_->graph.inputs) {
        const Tensor& tensor = inputs.find(input.name)->second;
        if (tensor.dtype() != DType::f32) {
            throw InvalidArgument(
                fmt::format("input \"{}\": got {}, expected f32", input.name, name_of(tensor.dtype())));
        }
        state_->inputs.push_back(tensor.f32().data());
    }
    state_->select(std::move(shapes));
    return state_->run();
}

const std::vector<LayerProfile>& Session::profile() const {
    static const std::vector<LayerProfile> none;
    return state_->plan == nullptr ? none : state_->plan->profile;
}

Session compile(const Graph& graph, const Options& options) {
    if (options.threads < 0)
        throw InvalidArgument(fmt::format("threads={}: expected 0 or more", options.threads));
    verify(graph);
    check_interface(graph.inputs, "input");
    check_interface(graph.outputs, "output");
    fuse(graph, infer_types(graph));  // refuses what the runtime cannot run
    auto state = std::make_unique<Session::State>();
    state->graph = graph;
    state->options = options;
    state->threads = options.threads == 0 ? core_count() : options.threads;
    return Session(std::move(state));
}

}  // namespace espalier::runtime
