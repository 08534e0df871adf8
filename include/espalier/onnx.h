// ONNX files to and from Graph.
//
// Kept: topology, bodies of If, Loop and Scan, initialisers, names, symbolic dimensions, metadata_props, the
// graph's documentation string. Not kept: documentation of nodes and values, types of values inside the graph
// (they are inferred), and the name of the program that wrote the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "espalier/graph.h"

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier::onnx {

/// Of one ONNX file: protobuf's own limit.
inline constexpr std::size_t kMostBytes = std::numeric_limits<std::int32_t>::max();

/// The graph of an ONNX file, verified. Opsets 1 to 26 are read, nodes in any order; an operator that has had
/// several forms is brought to one (docs/onnx.md). Constant nodes and inputs with a default become
/// initialisers, sparse initialisers dense; data in other files is read from the model's folder only. Throws
/// IoError; InvalidModel for a file that is cut off, is not ONNX or breaks its rules; Unsupported for an
/// operator, type or opset that is not read, naming the node. The file is not trusted. NAME.zst is
/// decompressed, and has no data in other files.
///
/// `notes` gets what was not as it says, and did not matter: an output declared with other sizes than its
/// node gives. `constants` gets all initialisers and Constant nodes of the file, those of bodies too: what an
/// older operator has as an input and a graph as an attribute is among them, and what reading adds is not.
Graph read(const std::filesystem::path& path, std::vector<std::string>* notes = nullptr,
           ConstantSizes* constants = nullptr);
/// The files beside an ONNX file that hold elements of its tensors, in the order of their names; none for
/// most. Throws what read() throws.
std::vector<std::filesystem::path> data_files(const std::filesystem::path& path);
/// Of a file in memory; data in other files is refused.
Graph from_bytes(std::span<const std::byte> bytes, std::vector<std::string>* notes = nullptr);

/// Writes opset 13, or the first one after it that has all operators as the graph has them
/// (LayerNormalization: 17). The model passes onnx's own checker, which knows opsets up to 17, before a byte
/// is written; the file appears whole or not at all. Equal graphs give equal bytes. Throws InvalidModel,
/// Unsupported or IoError. NAME.zst is compressed by zstd, and has all of its data in one file.
///
/// What needs more than `most_bytes` has the elements of its initialisers in a file beside it,
/// NAME.onnx.data. Both are whole before either gets its name; where a data file of that name is there
/// already, its model goes first, so that no model is ever beside the data of another. Gives the number of
/// bytes written.
std::uintmax_t write(const std::filesystem::path& path, const Graph& graph,
                     std::size_t most_bytes = kMostBytes);
/// Throws Unsupported for more than kMostBytes.
std::string to_bytes(const Graph& graph);

}  // namespace espalier::onnx

#pragma GCC visibility pop
