#include "runtime/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <oneapi/dnnl/dnnl.hpp>

#include "base/hash.h"
#include "base/memory.h"
#include "espalier/error.h"
#include "graph/op.h"
#include "runtime/compile/compile_steps.h"
#include "runtime/compile/layer_site.h"
#include "runtime/compile/planner.h"
#include "runtime/compile/shape_specialization.h"
#include "runtime/compile/verify_steps.h"
#include "runtime/sections/split.h"

namespace espalier::runtime {
namespace {

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

void check_shapes(const std::vector<Value>& inputs, const std::vector<Shape>& shapes) {
    std::map<std::string, std::int64_t> symbols;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        const Value& input = inputs[i];
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

std::string signature_of(std::string_view question, const Network& network, const Options& options,
                         const std::vector<Shape>& input_shapes) {
    std::string text = fmt::format("{} {} {} {}", question, options.threads, static_cast<int>(options.choice),
                                   mark_of(options.precision));
    for (const Shape& shape : input_shapes) text += "\n" + to_string(shape);
    for (const Node& node : network.graph.nodes) {
        text += "\n" + node.op + " " + node.outputs[0];
        for (const std::string& input : node.inputs) {
            const auto weight = network.graph.initializers.find(input);
            if (weight != network.graph.initializers.end()) text += " " + to_string(weight->second.shape());
        }
    }
    return hash_hex(text);
}

Plan make_plan(Network& network, const Options& options, const std::vector<Shape>& input_shapes) try {
    Graph& graph = network.graph;
    check_shapes(graph.inputs, input_shapes);
    CompileLog log(options.without);
    Specialised special(graph, network.kept);
    try {
        log.time("fold-constants", [&] { special.fold(&input_shapes); });
    } catch (const Error& error) {  // the graph is valid, so these shapes are not
        throw InvalidArgument(error.what());
    }
    if constexpr (kVerifySteps) verify(graph);
    check_sizes(graph, special.types());
    Plan plan;
    plan.open = open_values(graph, special.types());
    if (!plan.open.empty()) return plan;
    auto own = std::make_unique<WeightCache>();
    plan = make_plan({.graph = graph,
                      .types = special.types(),
                      .weights = network.weights,
                      .computed = special.computed(),
                      .own_weights = *own,
                      .choice = options.choice,
                      .threads = options.threads,
                      .tuning = options.tuning,
                      .table = *network.tuning,
                      .progress = options.progress,
                      .log = log,
                      .precision = options.precision});
    plan.weights = std::move(own);
    for (const LayerProfile& entry : plan.profile) plan.threads = std::max(plan.threads, entry.threads);
    plan.times = log.times();
    plan.times.front().us += network.fold_us;
    add_folded(plan, network.folded);
    add_folded(plan, special.folded_nodes());
    plan.constants = special.take_constants();
    return plan;
} catch (const std::bad_alloc&) {
    throw OutOfMemory(fmt::format("graph \"{}\" cannot be compiled: memory ran out", network.graph.name));
} catch (const dnnl::error& error) {
    throw Unsupported(
        fmt::format("graph \"{}\" cannot be compiled: oneDNN: {}", network.graph.name, error.what()));
}

}  // namespace espalier::runtime
