// Any bytes are a graph or an Error; a graph that was read can be written, and gives the same bytes again.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "espalier/error.h"
#include "espalier/onnx.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    espalier::Graph graph;
    try {
        graph = espalier::onnx::from_bytes(std::as_bytes(std::span(data, size)));
    } catch (const espalier::Error&) {
        return 0;
    }
    const std::string written = espalier::onnx::to_bytes(graph);
    const espalier::Graph again = espalier::onnx::from_bytes(std::as_bytes(std::span(written)));
    if (espalier::onnx::to_bytes(again) != written) std::abort();
    return 0;
}
