// ONNX files to and from Graph.
//
// Kept: topology, initialisers, names, symbolic dimensions, metadata_props. Not kept: documentation strings,
// types of values inside the graph (they are inferred), and the name of the program that wrote the file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "espalier/graph.h"

namespace espalier::onnx {

/// The graph of an ONNX file, verified. Opsets 7 to 17 are read; where an operator meant something else than
/// in opset 13, it is rewritten to the same meaning. Constant nodes and inputs with a default become
/// initialisers. Throws IoError; InvalidModel for a file that is cut off, is not ONNX or breaks its rules;
/// Unsupported for an operator, type or opset that is not read, naming the node. The file is not trusted.
Graph read(const std::filesystem::path& path);
Graph from_bytes(std::span<const std::byte> bytes);

/// Writes opset 13, IR version 7; with an operator that came later (LayerNormalization), opset 17, IR
/// version 8. The model passes onnx's own checker before a byte is written; the file appears whole or not at
/// all. Equal graphs give equal bytes. Throws InvalidModel, Unsupported or IoError.
void write(const std::filesystem::path& path, const Graph& graph);
std::string to_bytes(const Graph& graph);

}  // namespace espalier::onnx
