// A graph that was read has types, is simplified without breaking (or refused with an Error), keeps its
// inputs and outputs by name, has nothing left to simplify then, and is written and read again as the same
// bytes.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "espalier/error.h"
#include "espalier/onnx.h"
#include "espalier/surgery.h"

namespace {

using espalier::Graph;

std::vector<std::string> ends_of(const Graph& graph) {
    std::vector<std::string> names;
    for (const espalier::Value& input : graph.inputs) names.push_back(input.name);
    for (const espalier::Value& output : graph.outputs) names.push_back(output.name);
    return names;
}

void require(bool holds) {
    if (!holds) std::abort();
}

/// What constants hold may be refused; a pass that breaks a graph may not be.
bool simplified(Graph& graph) {
    try {
        espalier::surgery::simplify(graph);
    } catch (const espalier::InternalError&) {
        throw;
    } catch (const espalier::Error&) {
        return false;
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Graph graph;
    try {
        graph = espalier::onnx::from_bytes(std::as_bytes(std::span(data, size)));
    } catch (const espalier::Error&) {
        return 0;
    }
    espalier::infer_types(graph);
    const std::vector<std::string> ends = ends_of(graph);
    if (!simplified(graph)) return 0;
    require(ends_of(graph) == ends);
    for (const espalier::surgery::PassResult& pass : espalier::surgery::simplify(graph))
        require(pass.changed == 0);
    const std::string written = espalier::onnx::to_bytes(graph);
    const Graph again = espalier::onnx::from_bytes(std::as_bytes(std::span(written)));
    require(espalier::onnx::to_bytes(again) == written);
    return 0;
}
