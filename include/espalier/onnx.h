// ONNX files to and from Graph.
#pragma once

#include <filesystem>

#include "espalier/graph.h"

namespace espalier::onnx {

/// The graph of an ONNX file, verified. Throws IoError; InvalidModel for a file that is cut off, is not ONNX or
/// breaks its rules; Unsupported for an operator, type or opset that is not read, naming the node.
Graph read(const std::filesystem::path& path);

/// Writes opset 13, IR version 7. The model passes onnx's own checker before a byte is written; the file appears
/// whole or not at all. Equal graphs give equal bytes.
void write(const std::filesystem::path& path, const Graph& graph);

}  // namespace espalier::onnx
