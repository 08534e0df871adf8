#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <oneapi/dnnl/dnnl.hpp>

#include "base/memory.h"
#include "base/threads/parallel.h"
#include "espalier/error.h"
#include "espalier/runtime.h"
#include "graph/op.h"
#include "runtime/compile/planner.h"
#include "runtime/compile/shape_specialization.h"

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
    std::vector<Node> folded;  // computed for any input shapes
    std::vector<const Tensor*> inputs;
    std::vector<const float*> sources;
    std::vector<float*> targets;

    void select(std::vector<Shape> input_shapes);
    Plan make(const std::vector<Shape>& input_shapes);
    void select_for(const NamedTensors& inputs);
    /// Calls `timed(step, body)` for every step.
    template <class Timed>
    std::vector<Tensor> run(const Timed& timed);
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

/// No single value may need more memory than there is: such a plan could not run, and sums of sizes that are
/// near the largest number would overflow.
void check_sizes(const Graph& graph, const Types& types) {
    const std::uint64_t available = available_memory();
    const auto check = [&](const std::string& name) {
        const ValueType& type = types.at(name);
        double bytes = static_cast<double>(size_of(type.dtype));
        for (const Dim& dim : type.dims) bytes *= dim.is_fixed() ? static_cast<double>(dim.size()) : 1;
        if (bytes < static_cast<double>(available)) return;
        throw OutOfMemory(
            fmt::format("value \"{}\" of shape {} needs {:.3g} GB of memory, {:.3g} GB are free", name,
                        to_string(type.dims), bytes / 1e9, static_cast<double>(available) / 1e9));
    };
    for (const Value& input : graph.inputs) check(input.name);
    for (const Node& node : graph.nodes) {
        for (const std::string& output : node.outputs) {
            if (!output.empty()) check(output);
        }
    }
}

/// Runs node by node, as the shape of `value` is not known before.
void plan_node_by_node(Plan& plan, const Graph& graph, const std::string& value) {
    plan.node_by_node.emplace(graph);
    for (const Node& node : graph.nodes) {
        LayerProfile& entry = plan.profile.emplace_back();
        entry.node = node.name;
        entry.op = node.op;
        entry.kernel = "reference";
        entry.why = fmt::format("node by node: the shape of \"{}\" depends on data", value);
        entry.threads = 1;
        plan.steps.emplace_back(plan.profile.size() - 1, plan.profile.size());
    }
}

void add_folded(Plan& plan, const std::vector<Node>& nodes) {
    for (const Node& node : nodes) {
        LayerProfile& entry = plan.profile.emplace_back();
        entry.node = node.name;
        entry.op = node.op;
        entry.kernel = "folded";
        entry.why = "computed when compiled";
    }
}

}  // namespace

Plan Session::State::make(const std::vector<Shape>& input_shapes) try {
    check_shapes(graph, input_shapes);
    Specialised special(graph);
    try {
        special.fold(&input_shapes);
    } catch (const Error& error) {  // the graph is valid, so these shapes are not
        throw InvalidArgument(error.what());
    }
    check_sizes(graph, special.types());
    Plan plan;
    if (const auto open = special.open_value()) {
        plan_node_by_node(plan, graph, *open);
    } else {
        auto own = std::make_unique<WeightCache>();
        plan =
            make_plan({graph, special.types(), weights, special.computed(), *own, options.choice, threads});
        plan.weights = std::move(own);
    }
    add_folded(plan, folded);
    add_folded(plan, special.folded_nodes());
    plan.constants = special.take_constants();
    return plan;
} catch (const std::bad_alloc&) {
    throw OutOfMemory(fmt::format("graph \"{}\" cannot be compiled: memory ran out", graph.name));
} catch (const dnnl::error& error) {
    throw Unsupported(fmt::format("graph \"{}\" cannot be compiled: oneDNN: {}", graph.name, error.what()));
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

template <class Timed>
std::vector<Tensor> Session::State::run(const Timed& timed) {
    if (plan->node_by_node) return plan->node_by_node->run(inputs, timed);
    std::vector<Tensor> results;
    results.reserve(plan->outputs.size());
    sources.clear();
    targets.clear();
    for (const Tensor* input : inputs)
        sources.push_back(reinterpret_cast<const float*>(input->bytes().data()));
    for (const auto& [dtype, shape] : plan->outputs) {
        results.emplace_back(dtype, shape);
        targets.push_back(reinterpret_cast<float*>(results.back().bytes().data()));
    }
    plan->program.run(sources, targets, arena.at_least(plan->program.arena_bytes()), timed);
    return results;
}

std::vector<Tensor> Session::State::run() {
    return run([](std::size_t, const auto& body) { body(); });  // compiles to a plain loop
}

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

void Session::prepare(const std::map<std::string, Shape>& input_shapes) {
    state_->select(shapes_in_order(state_->graph, input_shapes, [](const Shape& shape) { return shape; }));
}

void Session::State::select_for(const NamedTensors& given) {
    inputs.clear();
    std::vector<Shape> given_shapes =
        shapes_in_order(graph, given, [](const Tensor& t) { return t.shape(); });
    for (const Value& input : graph.inputs) {
        const Tensor& tensor = given.find(input.name)->second;
        if (tensor.dtype() != input.type.dtype) {
            throw InvalidArgument(fmt::format("input \"{}\": got {}, expected {}", input.name,
                                              name_of(tensor.dtype()), name_of(input.type.dtype)));
        }
        inputs.push_back(&tensor);
    }
    select(std::move(given_shapes));
}

std::vector<Tensor> Session::run(const NamedTensors& inputs) {
    state_->select_for(inputs);
    return state_->run();
}

std::vector<Tensor> Session::run(const NamedTensors& inputs, RunTrace& trace) {
    const auto start = std::chrono::steady_clock::now();
    const auto now_us = [&] {
        return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
    };
    trace.steps.clear();
    state_->select_for(inputs);
    const auto& steps = state_->plan->steps;
    std::vector<Tensor> outputs = state_->run([&](std::size_t step, const auto& body) {
        const double begin = now_us();
        body();
        const auto [first, last] = steps[step];
        trace.steps.push_back({.first = first, .last = last, .start_us = begin, .us = now_us() - begin});
    });
    trace.us = now_us();
    return outputs;
}

const std::vector<LayerProfile>& Session::profile() const {
    static const std::vector<LayerProfile> none;
    return state_->plan == nullptr ? none : state_->plan->profile;
}

Session compile(const Graph& graph, const Options& options) {
    if (options.threads < 0)
        throw InvalidArgument(fmt::format("threads={}: expected 0 or more", options.threads));
    verify(graph);
    for (const Node& node : graph.nodes) {
        if (operator_of(node).evaluate != nullptr) continue;
        throw Unsupported(fmt::format("{}: the runtime cannot run operator \"{}\"", describe(node), node.op));
    }
    auto state = std::make_unique<Session::State>();
    state->graph = graph;
    state->options = options;
    state->threads = options.threads == 0 ? core_count() : options.threads;
    Specialised special(state->graph);
    special.fold(nullptr);
    state->folded = special.folded_nodes();
    special.keep();
    return Session(std::move(state));
}

}  // namespace espalier::runtime
