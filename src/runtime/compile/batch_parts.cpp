#include "runtime/compile/batch_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <optional>

#include "base/threads/flush_denormals.h"
#include "graph/analysis/examples.h"
#include "graph/analysis/input_shapes.h"
#include "runtime/compile/compile_steps.h"
#include "runtime/compile/rehearsal.h"
#include "runtime/compile/shape_specialization.h"
#include "runtime/tuning/timing.h"

namespace espalier::runtime {
namespace {

constexpr std::string_view kStep = "part-batches";
constexpr double kBatchSeconds = 0.05;
constexpr double kBatchTie = 0.98;  // all at once wins ties

bool has_examples(const Value& input) { return !input.type.dims.empty() && input.type.dims[0].is_symbol(); }

/// How many examples there are: the one size of all open first dimensions, whose symbols stand nowhere else.
/// Nothing where there are not several.
std::optional<std::int64_t> batch_of(const Graph& graph, const std::vector<Shape>& shapes) {
    const std::set<std::string> symbols = batch_symbols(graph);
    std::optional<std::int64_t> batch;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        const Dims& dims = graph.inputs[i].type.dims;
        for (std::size_t d = 1; d < dims.size(); ++d) {
            if (dims[d].is_symbol() && symbols.contains(dims[d].symbol())) return {};
        }
        if (!has_examples(graph.inputs[i])) continue;
        if (batch && *batch != shapes[i][0]) return {};
        batch = shapes[i][0];
    }
    return batch && *batch > 1 ? batch : std::nullopt;
}

std::vector<Shape> shapes_of_one(const Graph& graph, std::vector<Shape> shapes) {
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        if (has_examples(graph.inputs[i])) shapes[i][0] = 1;
    }
    return shapes;
}

KnownGraph known_graph(Network& network, const std::vector<Shape>& shapes) {
    Specialised special(network.graph, network.kept);
    special.fold(&shapes);
    return {network.graph.nodes, special.types(), special.take_constants()};
}

bool examples_are_apart(Network& network, const std::vector<Shape>& batch, const std::vector<Shape>& one) {
    std::set<std::string> inputs;
    for (const Value& input : network.graph.inputs) {
        if (has_examples(input)) inputs.insert(input.name);
    }
    return treats_examples_apart(known_graph(network, batch), known_graph(network, one), network.graph,
                                 inputs);
}

/// The plan of one example for all of a batch.
void repeat(Plan& plan, std::int64_t batch, const Graph& graph, const std::vector<Shape>& one) {
    plan.parts = batch;
    for (std::size_t i = 0; i < one.size(); ++i) {
        const std::size_t bytes =
            static_cast<std::size_t>(element_count(one[i])) * size_of(graph.inputs[i].type.dtype);
        plan.input_steps.push_back(has_examples(graph.inputs[i]) ? bytes : 0);
    }
    for (Plan::Output& output : plan.outputs) {
        plan.output_steps.push_back(static_cast<std::size_t>(element_count(output.shape)) *
                                    size_of(output.dtype));
        output.shape.front() = batch;
    }
    for (LayerProfile& entry : plan.profile) {
        for (double* us : {&entry.predicted_us, &entry.measured_us, &entry.dense_us})
            *us *= static_cast<double>(batch);
    }
}

/// Whether running one by one is known to be faster; nothing if it was not timed.
std::optional<bool> parts_won(const TuningTable& table, const std::string& signature) {
    const TrialTimes* known = table.layer(signature);
    if (known == nullptr || !known->us.contains("batch") || !known->us.contains("parts")) return {};
    return known->us.at("parts") < kBatchTie * known->us.at("batch");
}

void time_both(Network& network, Plan& batch, Plan& parts, const std::vector<Shape>& shapes,
               const std::string& signature) {
    Rehearsal rehearsal(batch, network.graph.inputs, shapes);
    const auto body = [&](Plan& plan) {
        return [&rehearsal, &plan] {
            const FlushDenormals flush(plan.threads);
            rehearsal.run(plan);
        };
    };
    const std::array<std::function<void()>, 2> bodies = {body(batch), body(parts)};
    const auto timings = time_in_turn(bodies, kBatchSeconds);
    network.tuning->set_layer(
        signature, {.us = {{"batch", timings[0].median_us}, {"parts", timings[1].median_us}}, .full = true});
}

double total_us(const std::vector<CompileTime>& times) {
    return std::accumulate(times.begin(), times.end(), 0.0,
                           [](double sum, const CompileTime& time) { return sum + time.us; });
}

/// Of several examples that are apart.
Plan choose(Network& network, const Options& options, const std::vector<Shape>& shapes,
            const std::vector<Shape>& one, std::int64_t batch) {
    const std::string signature = signature_of("batch", network, options, shapes);
    std::optional<bool> parts_win = parts_won(*network.tuning, signature);
    if (!parts_win.value_or(options.tuning == Options::Tuning::full))
        return make_fastest_plan(network, options, shapes);
    Plan parts = make_fastest_plan(network, options, one);
    if (!parts.open.empty()) return parts;  // whose shapes depend on data: the graph runs in sections
    repeat(parts, batch, network.graph, one);
    if (parts_win) return parts;
    Plan all = make_fastest_plan(network, options, shapes);
    time_both(network, all, parts, shapes, signature);
    return parts_won(*network.tuning, signature).value_or(false) ? std::move(parts) : std::move(all);
}

}  // namespace

Plan make_batch_plan(Network& network, const Options& options, const std::vector<Shape>& input_shapes) {
    const auto start = std::chrono::steady_clock::now();
    check_shapes(network.graph.inputs, input_shapes);
    const auto batch = batch_of(network.graph, input_shapes);
    if (!batch || options.tuning == Options::Tuning::none || !CompileLog(options.without).does(kStep))
        return make_fastest_plan(network, options, input_shapes);
    const std::vector<Shape> one = shapes_of_one(network.graph, input_shapes);
    if (!examples_are_apart(network, input_shapes, one))
        return make_fastest_plan(network, options, input_shapes);
    Plan plan = choose(network, options, input_shapes, one, *batch);
    const std::chrono::duration<double, std::micro> us = std::chrono::steady_clock::now() - start;
    const auto entry = std::ranges::find(plan.times, kStep, &CompileTime::step);
    if (entry != plan.times.end()) entry->us += std::max(0.0, us.count() - total_us(plan.times));
    return plan;
}

}  // namespace espalier::runtime
