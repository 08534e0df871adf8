#include "surgery/pass.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "espalier/error.h"
#include "espalier/surgery.h"
#include "graph/analysis/readers.h"
#include "surgery/own_copies.h"

namespace espalier::surgery {
namespace {

std::vector<const Pass*> in_order() {
    std::vector<const Pass*> order(passes().begin(), passes().end());
    std::ranges::stable_sort(order, {}, [](const Pass* pass) { return pass->position; });
    return order;
}

void rename_reads(Graph& graph, const std::string& from, const std::string& to) {
    for (Node& node : graph.nodes) std::ranges::replace(node.inputs, from, to);
}

void run(const Pass& pass, Graph& graph, PassResult& result) {
    const auto start = std::chrono::steady_clock::now();
    result.changed += pass.run(graph);
    try {
        verify(graph);
    } catch (const Error& error) {
        throw InternalError(
            fmt::format("pass {} broke graph \"{}\": {}", pass.name, graph.name, error.what()));
    }
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    result.milliseconds += took.count();
}

std::int64_t elements_of(const Graph& graph) {
    std::int64_t count = 0;
    for (const auto& constant : graph.initializers) count += constant.second.count();
    return count;
}

/// What one takes out may be what held another up. Every change makes the graph smaller, so this ends.
/// Constants that are computed may take a few times what the graph has: that is asked of the graph as it
/// came, or a chain of Concat nodes would grow with every turn.
std::vector<PassResult> run_until_done(const std::vector<const Pass*>& order, Graph& graph) {
    verify(graph);
    std::vector<PassResult> results;
    for (const Pass* pass : order) results.push_back({std::string(pass->name), 0, 0});
    const std::int64_t most = 4 * elements_of(graph) + (std::int64_t{1} << 20);
    for (bool changed = true; changed && elements_of(graph) <= most;) {
        changed = false;
        for (std::size_t i = 0; i < order.size(); ++i) {
            const std::int64_t before = results[i].changed;
            run(*order[i], graph, results[i]);
            changed |= results[i].changed != before;
        }
    }
    return results;
}

}  // namespace

bool bypass(Graph& graph, Node& node) {
    const std::string input = node.inputs[0];
    const std::string output = node.outputs[0];
    if (is_read_by_body(graph, output)) return false;
    if (!is_output(graph, output)) {
        node.outputs.clear();
        rename_reads(graph, output, input);
        return true;
    }
    // The graph's output keeps its name: whoever makes the input makes the output instead.
    Node* maker = maker_of(graph, input);
    if (maker == nullptr || is_output(graph, input) || is_read_by_body(graph, input)) return false;
    node.outputs.clear();
    std::ranges::replace(maker->outputs, input, output);
    rename_reads(graph, input, output);
    return true;
}

void remove_taken_out(Graph& graph) {
    std::erase_if(graph.nodes, [](const Node& node) { return node.outputs.empty(); });
}

std::vector<PassResult> simplify(Graph& graph, const std::vector<std::string>& without) {
    for (const std::string& name : without) passes().get(name);
    std::vector<const Pass*> order = in_order();
    std::erase_if(order, [&](const Pass* pass) { return std::ranges::count(without, pass->name) > 0; });
    return run_until_done(order, graph);
}

std::vector<PassResult> simplify_for_training(Graph& graph) {
    give_own_copies(graph);
    std::vector<const Pass*> order = in_order();
    std::erase_if(order, [](const Pass* pass) { return !pass->keeps_training; });
    return run_until_done(order, graph);
}

}  // namespace espalier::surgery
