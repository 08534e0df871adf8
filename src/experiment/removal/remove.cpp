#include <fmt/format.h>

#include <new>

#include "espalier/error.h"
#include "espalier/experiment.h"
#include "experiment/prune/proof.h"
#include "experiment/removal/for_removal.h"
#include "experiment/removal/remover.h"
#include "experiment/removal/reopened.h"
#include "experiment/removal/target_search.h"
#include "graph/analysis/input_shapes.h"

namespace espalier::experiment {
namespace {

using Shapes = std::map<std::string, Shape>;

Graph at(const Graph& open, const Shapes& shapes) {
    Graph graph = open;
    set_sizes(graph, shapes);
    return graph;
}

/// `open` without what went, proved at `shapes` and at `others`. Throws Error where that fails.
Graph open_without(const Graph& open, const Graph& sized, const Graph& masked, const Graph& smaller,
                   const Shapes& shapes, const Shapes& others) {
    const AtTwoSizes sizes{sized, at(open, others)};
    std::optional<Graph> left = reopened(open, sizes, smaller);
    // The zeros are carried over in the same way: no number changes with them.
    const std::optional<Graph> zeros =
        masked.nodes == sized.nodes ? reopened(open, sizes, masked) : std::nullopt;
    if (!left) throw Unsupported("tensors that change depend on the sizes of inputs");
    if (!zeros) throw Unsupported("a node computes over what is left, which is proved at these sizes alone");
    for (const Shapes& each : {shapes, others}) prove("removal", open, at(*zeros, each), at(*left, each));
    return std::move(*left);
}

/// What keeps the smaller network from being as open as it was; "" where it is, in `graph`.
std::string reopen(Graph& graph, const Graph& sized, const Graph& masked, const Graph& smaller,
                   const Shapes& shapes) {
    std::string why;
    for (const Shapes& others : other_sizes(graph, shapes)) {
        try {
            graph = open_without(graph, sized, masked, smaller, shapes, others);
            return "";
        } catch (const Interrupted&) {
            throw;
        } catch (const Error& error) {
            if (why.empty()) why = error.what();
        } catch (const std::bad_alloc&) {
            why = "there is no memory for the proof at other sizes";
        }
    }
    if (!why.empty())
        why = fmt::format("the network is left for inputs of {}: {}", counted_shapes(sized), why);
    graph = smaller;
    return why;
}

template <class Find>
Removal take_out(Graph& graph, const Cut& how, const Watch& watch, const Find& find) {
    Graph sized;
    if (!how.shapes.empty()) sized = at(graph, how.shapes);
    Graph& whole = how.shapes.empty() ? graph : sized;
    const Remover remover(whole, graph, how, watch);
    Remover::Result result = find(remover);
    const Graph masked = remover.masked(result);
    result.removal.difference = prove("removal", whole, masked, result.graph);
    if (how.shapes.empty()) {
        graph = std::move(result.graph);
        return std::move(result.removal);
    }
    const std::string why = reopen(graph, sized, masked, result.graph, how.shapes);
    if (!why.empty()) result.removal.notes.push_back(why);
    return std::move(result.removal);
}

}  // namespace

Removal remove(Graph& graph, const Cut& how, const Watch& watch) {
    if (!how.target.sparsity && how.widths.empty())
        throw InvalidArgument("a removal needs a share of the units, a target in sparsity, or widths");
    return take_out(graph, how, watch,
                    [&](const Remover& remover) { return remover.without(how.target.sparsity.value_or(0)); });
}

Removal remove_to(Graph& graph, const Cut& how, const RemovalTarget& target, const Watch& watch) {
    if (target.macs.has_value() + target.latency_share.has_value() + target.latency_ms.has_value() != 1)
        throw InvalidArgument("a removal needs one target: multiply-adds, or a latency as a share or in ms");
    return take_out(graph, how, watch, [&](const Remover& remover) {
        return find_target(remover.graph(), remover, target, how.timing, watch);
    });
}

}  // namespace espalier::experiment
