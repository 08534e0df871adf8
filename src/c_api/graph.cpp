// Networks of c.h: read, written, pruned.
#include "c_api/graph.h"

#include <memory>

#include "c_api/guarded.h"
#include "espalier/experiment.h"
#include "espalier/onnx.h"
#include "espalier/surgery.h"

namespace espalier::c_api {
namespace {

experiment::Cut cut_of(const espalier_prune_options& options) {
    experiment::Cut cut;
    if (options.criterion != nullptr) cut.criterion = options.criterion;
    if (options.granularity != nullptr) cut.granularity = options.granularity;
    if (options.scope != nullptr) cut.scope = options.scope;
    if (options.sparsity != 0) cut.target.sparsity = options.sparsity;  // 2:4 needs none
    cut.seed = options.seed;
    return cut;
}

void prune(Graph& graph, const espalier_prune_options& options) {
    check_size(options, "espalier_prune");
    if (options.reserved != 0) throw InvalidArgument("espalier_prune: options.reserved is not 0");
    const experiment::Cut cut = cut_of(options);
    if (options.remove == 0) {
        experiment::cut(graph, cut);
        return;
    }
    Graph copy = graph;  // a removal that fails half-way would leave it unfit
    experiment::remove(copy, cut);
    graph = std::move(copy);
}

}  // namespace
}  // namespace espalier::c_api

using namespace espalier;
using c_api::given;
using c_api::guarded;

espalier_status espalier_graph_load(const char* path, espalier_graph** graph) {
    return guarded([&] {
        const char& name = given(path, "espalier_graph_load", "path");
        espalier_graph*& out = given(graph, "espalier_graph_load", "graph");
        out = new espalier_graph{onnx::read(&name)};
    });
}

espalier_status espalier_graph_from_bytes(const void* bytes, size_t size, espalier_graph** graph) {
    return guarded([&] {
        const auto* first = static_cast<const std::byte*>(bytes);
        given(first, "espalier_graph_from_bytes", "bytes");
        espalier_graph*& out = given(graph, "espalier_graph_from_bytes", "graph");
        out = new espalier_graph{onnx::from_bytes({first, size})};
    });
}

espalier_status espalier_graph_save(const espalier_graph* graph, const char* path) {
    return guarded([&] {
        const espalier_graph& from = given(graph, "espalier_graph_save", "graph");
        onnx::write(&given(path, "espalier_graph_save", "path"), from.graph);
    });
}

espalier_status espalier_graph_weights(const espalier_graph* graph, int64_t* prunable, int64_t* left) {
    return guarded([&] {
        const prune::MaskSet masks = surgery::zeros_of(given(graph, "espalier_graph_weights", "graph").graph);
        if (prunable != nullptr) *prunable = masks.count();
        if (left != nullptr) *left = masks.kept();
    });
}

void espalier_graph_free(espalier_graph* graph) { delete graph; }

espalier_status espalier_prune(espalier_graph* graph, const espalier_prune_options* options) {
    return guarded([&] {
        Graph& network = given(graph, "espalier_prune", "graph").graph;
        c_api::prune(network, given(options, "espalier_prune", "options"));
    });
}
