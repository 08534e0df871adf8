#include "runtime/compile/batch_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "espalier/error.h"
#include "graph/analysis/examples.h"
#include "graph/analysis/input_shapes.h"
#include "runtime/compile/compile_steps.h"
#include "runtime/compile/rehearsal.h"
#include "runtime/compile/shape_specialization.h"

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
    const auto timings = time_plans(batch, parts, network.graph.inputs, shapes, kBatchSeconds);
    network.tuning->set_layer(
        signature, {.us = {{"batch", timings[0].median_us}, {"parts", timings[1].median_us}}, .full = true});
}

/// The plan of one example for each of the batch; nothing where there is none.
std::optional<Plan> plan_of_parts(Network& network, const Options& options, const std::vector<Shape>& shapes,
                                  std::int64_t batch) try {
    const std::vector<Shape> one = shapes_of_one(network.graph, shapes);
    if (!examples_are_apart(network, shapes, one)) return {};
    Plan plan = make_fastest_plan(network, options, one);
    if (!plan.open.empty()) return {};
    repeat(plan, batch, network.graph, one);
    return plan;
} catch (
    const Error&) {  // a file that counts on its batch, as a Reshape to [8, 512]; or shapes that do not fit
    return {};
}

}  // namespace

Plan make_batch_plan(Network& network, const Options& options, const std::vector<Shape>& input_shapes) {
    check_shapes(network.graph.inputs, input_shapes);
    const auto batch = batch_of(network.graph, input_shapes);
    CompileLog log(options.without);
    const bool may = batch && options.tuning != Options::Tuning::none && log.does(kStep);
    const std::string signature = may ? signature_of("batch", network, options, input_shapes) : "";
    const std::optional<bool> known = may ? parts_won(*network.tuning, signature) : std::nullopt;
    const bool times = may && !known && options.tuning == Options::Tuning::full;
    std::optional<Plan> parts;
    if (times || known.value_or(false))
        log.time(kStep, [&] { parts = plan_of_parts(network, options, input_shapes, *batch); });
    if (!parts) return make_fastest_plan(network, options, input_shapes);
    if (!times) return *std::move(parts);
    Plan all = make_fastest_plan(network, options, input_shapes);
    if (!all.open.empty()) return all;
    log.time(kStep, [&] { time_both(network, all, *parts, input_shapes, signature); });
    Plan& faster = parts_won(*network.tuning, signature).value_or(false) ? *parts : all;
    const auto spent = std::ranges::find(log.times(), kStep, &CompileTime::step);
    std::ranges::find(faster.times, kStep, &CompileTime::step)->us += spent->us;
    return std::move(faster);
}

}  // namespace espalier::runtime
