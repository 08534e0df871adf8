#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <list>
#include <mutex>
#include <set>

#include "base/threads/own_region.h"
#include "base/threads/parallel.h"
#include "espalier/error.h"
#include "espalier/runtime.h"
#include "graph/op.h"
#include "graph/precision/halves.h"
#include "kernels/instruction_set.h"
#include "runtime/compile/batch_parts.h"
#include "runtime/network.h"

namespace espalier::runtime {

/// Plans by the shapes of the inputs in the graph's order, the last used ones.
class RecentPlans {
  public:
    explicit RecentPlans(std::size_t most) : most_(std::max<std::size_t>(most, 1)) {}

    /// Null if there is none.
    Plan* find(const std::vector<Shape>& shapes) {
        const auto found = std::ranges::find(entries_, shapes, &Entry::shapes);
        if (found == entries_.end()) return nullptr;
        entries_.splice(entries_.begin(), entries_, found);
        return &entries_.front().plan;
    }
    Plan* add(std::vector<Shape> shapes, Plan plan) {
        entries_.push_front({std::move(shapes), std::move(plan)});
        if (entries_.size() > most_) entries_.pop_back();
        return &entries_.front().plan;
    }

  private:
    struct Entry {
        std::vector<Shape> shapes;
        Plan plan;
    };
    std::size_t most_;
    std::list<Entry> entries_;  // the last used one first
};

struct Session::State {
    State(std::shared_ptr<Network> shared, std::vector<Value> inputs, std::vector<Value> given,
          const Options& wanted)
        : network(std::move(shared)),
          expected(std::move(inputs)),
          outputs(std::move(given)),
          options(wanted),
          plans(wanted.most_plans) {
        if (options.threads < 0)
            throw InvalidArgument(fmt::format("threads={}: expected 0 or more", options.threads));
        if (options.threads == 0) options.threads = core_count();
        // oneDNN divides work among the threads that it asks for, and leaves parts out where it gets fewer.
        options.threads = std::min(options.threads, omp_get_thread_limit());
    }

    std::shared_ptr<Network> network;
    std::vector<Value> expected;  // the graph's inputs; the graph itself may be lent to a compilation
    std::vector<Value> outputs;
    Options options;  // with the number of threads
    RecentPlans plans;
    std::vector<Shape> shapes;  // of the plan last used
    Plan* plan = nullptr;
    std::optional<SectionRun> sections;  // instead of plans,
    std::vector<LayerProfile> profile;   // of them
    std::vector<CompileTime> times;
    Arena arena;
    std::vector<const std::byte*> sources;
    std::vector<std::byte*> targets;

    void select(std::vector<Shape> input_shapes);
    Plan* make(const std::vector<Shape>& input_shapes);
    void split_up(const std::set<std::string>& open);
    std::vector<TensorView> inputs_of(const NamedTensors& given) const;
    void select_for(std::span<const TensorView> inputs);
    /// Calls `timed(step, body)` for every step.
    template <class Timed>
    std::vector<Tensor> run(std::span<const TensorView> inputs, const Timed& timed);
    void run_into(std::span<const TensorView> inputs, std::span<const TensorSpan> into);
};

namespace {

/// The shapes of the inputs in the graph's order, after checking that exactly these are given.
template <class Given, class ShapeOf>
std::vector<Shape> shapes_in_order(const std::vector<Value>& inputs, const Given& given,
                                   const ShapeOf& shape_of) {
    std::vector<Shape> shapes;
    for (const Value& input : inputs) {
        const auto found = given.find(input.name);
        if (found == given.end()) throw InvalidArgument(fmt::format("input \"{}\" is missing", input.name));
        shapes.push_back(shape_of(found->second));
    }
    if (given.size() != inputs.size()) {
        for (const auto& entry : given) {
            const std::string& name = entry.first;
            const auto same = [&](const Value& input) { return input.name == name; };
            if (std::ranges::none_of(inputs, same)) {
                throw InvalidArgument(fmt::format("input \"{}\" is not one of the graph's", name));
            }
        }
    }
    return shapes;
}

}  // namespace

void Session::State::select(std::vector<Shape> input_shapes) {
    if ((plan != nullptr || sections) && shapes == input_shapes) return;
    Plan* found = plans.find(input_shapes);
    if (found == nullptr) {
        const std::scoped_lock lock(network->compiling);
        outside_parallel_regions([&] { found = make(input_shapes); });
    }
    shapes = std::move(input_shapes);
    plan = found;
}

/// Takes the graph, so what goes wrong is the answer for good.
void Session::State::split_up(const std::set<std::string>& open) {
    try {
        network->sections.emplace(std::move(network->graph), open, options);
    } catch (...) {
        network->failure = std::current_exception();
        throw;
    }
}

/// Null where the graph runs in parts, whose sessions make plans of their own.
Plan* Session::State::make(const std::vector<Shape>& input_shapes) {
    if (network->failure) std::rethrow_exception(network->failure);
    if (!network->sections) {
        Plan made = make_batch_plan(*network, options, input_shapes);
        if (made.open.empty()) return plans.add(input_shapes, std::move(made));
        split_up(made.open);
    } else {
        check_shapes(expected, input_shapes);
    }
    if (!sections) sections = network->sections->share(options);
    return nullptr;
}

std::vector<TensorView> Session::State::inputs_of(const NamedTensors& given) const {
    shapes_in_order(expected, given, [](const Tensor& tensor) { return tensor.shape(); });
    std::vector<TensorView> inputs;
    inputs.reserve(expected.size());
    for (const Value& input : expected) inputs.emplace_back(given.find(input.name)->second);
    return inputs;
}

void Session::State::select_for(std::span<const TensorView> inputs) {
    if (inputs.size() != expected.size())
        throw InvalidArgument(fmt::format("got {} inputs, expected {}", inputs.size(), expected.size()));
    std::vector<Shape> given;
    given.reserve(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i].dtype != expected[i].type.dtype) {
            throw InvalidArgument(fmt::format("input \"{}\": got {}, expected {}", expected[i].name,
                                              name_of(inputs[i].dtype), name_of(expected[i].type.dtype)));
        }
        given.push_back(inputs[i].shape);
    }
    select(std::move(given));
}

template <class Timed>
std::vector<Tensor> Session::State::run(std::span<const TensorView> inputs, const Timed& timed) {
    if (plan == nullptr) return sections->run(inputs);
    std::vector<Tensor> results;
    results.reserve(plan->outputs.size());
    sources.clear();
    targets.clear();
    for (const TensorView& input : inputs) sources.push_back(input.data);
    for (const auto& [dtype, shape] : plan->outputs) {
        results.emplace_back(dtype, shape);
        targets.push_back(results.back().bytes().data());
    }
    outside_parallel_regions(
        [&] { plan->run(sources, targets, arena.at_least(plan->program.arena_bytes()), timed); });
    return results;
}

void Session::State::run_into(std::span<const TensorView> inputs, std::span<const TensorSpan> into) {
    const auto untimed = [](std::size_t, const auto& body) { body(); };
    std::vector<Tensor> made;
    if (plan == nullptr) made = sections->run(inputs);
    if (into.size() != outputs.size())
        throw InvalidArgument(fmt::format("got {} outputs, expected {}", into.size(), outputs.size()));
    targets.clear();
    for (std::size_t i = 0; i < into.size(); ++i) {
        const DType dtype = made.empty() ? plan->outputs[i].dtype : made[i].dtype();
        const Shape& shape = made.empty() ? plan->outputs[i].shape : made[i].shape();
        if (into[i].dtype != dtype || into[i].shape != shape) {
            throw InvalidArgument(fmt::format("output \"{}\": got memory for {} {}, expected {} {}",
                                              outputs[i].name, name_of(into[i].dtype),
                                              to_string(into[i].shape), name_of(dtype), to_string(shape)));
        }
        targets.push_back(into[i].data);
    }
    if (plan == nullptr) {
        for (std::size_t i = 0; i < into.size(); ++i) std::ranges::copy(made[i].bytes(), into[i].data);
        return;
    }
    sources.clear();
    for (const TensorView& input : inputs) sources.push_back(input.data);
    outside_parallel_regions(
        [&] { plan->run(sources, targets, arena.at_least(plan->program.arena_bytes()), untimed); });
}

namespace {

template <class State>
State& held(const std::unique_ptr<State>& state) {
    if (state == nullptr) throw InvalidArgument("this session was moved from: it has no network any more");
    return *state;
}

}  // namespace

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Session Session::share() const { return share(held(state_).options); }

Session Session::share(const Options& options) const {
    return Session(std::make_unique<State>(held(state_).network, state_->expected, state_->outputs, options));
}

void Session::prepare(const std::map<std::string, Shape>& input_shapes) {
    held(state_).select(
        shapes_in_order(state_->expected, input_shapes, [](const Shape& shape) { return shape; }));
}

std::vector<ValueType> Session::output_types(const std::map<std::string, Shape>& input_shapes) {
    prepare(input_shapes);
    std::vector<ValueType> types;
    if (state_->plan == nullptr) {
        for (const Value& output : state_->outputs) types.push_back(output.type);
        return types;
    }
    for (const auto& [dtype, shape] : state_->plan->outputs) types.push_back({dtype, to_dims(shape)});
    return types;
}

std::vector<Tensor> Session::run(const NamedTensors& inputs) {
    const std::vector<TensorView> views = held(state_).inputs_of(inputs);
    state_->select_for(views);
    return state_->run(views, [](std::size_t, const auto& body) { body(); });  // compiles to a plain loop
}

std::vector<Tensor> Session::run(std::span<const TensorView> inputs) {
    held(state_).select_for(inputs);
    return state_->run(inputs, [](std::size_t, const auto& body) { body(); });
}

const std::vector<Value>& Session::outputs() const { return held(state_).outputs; }

void Session::run(std::span<const TensorView> inputs, std::span<const TensorSpan> outputs) {
    held(state_).select_for(inputs);
    state_->run_into(inputs, outputs);
}

std::vector<Tensor> Session::run(const NamedTensors& inputs, RunTrace& trace) {
    const auto start = std::chrono::steady_clock::now();
    const auto now_us = [&] {
        return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
    };
    trace.steps.clear();
    const std::vector<TensorView> views = held(state_).inputs_of(inputs);
    state_->select_for(views);
    if (state_->plan == nullptr) {
        std::vector<Tensor> outputs = state_->sections->run(views, &trace);
        trace.us = now_us();
        return outputs;
    }
    const auto& steps = state_->plan->steps;
    std::vector<Tensor> outputs = state_->run(views, [&](std::size_t step, const auto& body) {
        const double begin = now_us();
        body();
        const auto [first, last] = steps[step];
        trace.steps.push_back({.first = first, .last = last, .start_us = begin, .us = now_us() - begin});
    });
    trace.us = now_us();
    return outputs;
}

void Session::keep_tuning(const std::filesystem::path& path) const {
    const std::scoped_lock lock(held(state_).network->compiling);
    state_->network->tuning->write(path);
}

const std::vector<LayerProfile>& Session::profile() const {
    static const std::vector<LayerProfile> none;
    if (!held(state_).sections) return state_->plan == nullptr ? none : state_->plan->profile;
    return state_->profile = state_->sections->profile();
}

const std::vector<CompileTime>& Session::compile_times() const {
    static const std::vector<CompileTime> none;
    if (!held(state_).sections) return state_->plan == nullptr ? none : state_->plan->times;
    return state_->times = state_->sections->compile_times();
}

std::int64_t Session::parts() const { return held(state_).plan == nullptr ? 1 : state_->plan->parts; }

namespace {

/// Those of bodies, too.
void check_operators(const Graph& graph) {
    for (const Node& node : graph.nodes) {
        for (const auto& attribute : node.attributes) {
            const auto* body = std::get_if<Subgraph>(&attribute.second);
            if (body != nullptr) check_operators(body->graph());
        }
        if (operator_of(node).evaluate != nullptr || has_bodies(node)) continue;
        throw Unsupported(fmt::format("{}: the runtime cannot run operator \"{}\"", describe(node), node.op));
    }
}

void check_precision(const Options& options) {
    const auto refuse = [](const char* name, const char* instructions) {
        throw Unsupported(
            fmt::format("precision {}: this processor has no instructions for it ({}); it has {}", name,
                        instructions, kernels::instruction_sets().front()));
    };
    if (options.precision == Precision::bf16 && !has_bf16()) refuse("bf16", "AVX-512 BF16 or AMX");
    if (options.precision == Precision::f16 && !has_f16()) refuse("f16", "AVX-512 FP16");
}

}  // namespace

Session compile(Graph graph, const Options& options) {
    check_precision(options);
    verify(graph);
    check_operators(graph);
    if (has_halves(graph)) widen_halves(graph);
    const std::shared_ptr<Network> network = make_network(std::move(graph), options);
    if (!options.tuned.empty()) network->tuning->read(options.tuned);
    return Session(
        std::make_unique<Session::State>(network, network->graph.inputs, network->graph.outputs, options));
}

}  // namespace espalier::runtime
