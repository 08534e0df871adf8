// Tensors from and to files, as `espalier run` takes and gives them.
//
// By the ending of the name: .npy holds one array, .npz several by name; any other file is raw: the elements
// in row-major order, little-endian, without a header.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::cli {

/// The graph's inputs from "FILE" or "NAME=FILE". An archive gives all inputs that it names; an npy or raw
/// file needs the name of its input where the graph has several. A raw file has the type of its input and the
/// shape in `shapes`, or else the graph's, whose one unknown dimension follows from the size of the file.
/// Throws IoError, Unsupported, and BadData saying what was got and expected: inputs missing, given twice or
/// not the graph's, wrong types and shapes.
NamedTensors read_inputs(const Graph& graph, const std::vector<std::string>& arguments,
                         const std::map<std::string, Shape>& shapes);

/// All of them by name in an archive, else the first of them. Written atomically.
void write_outputs(const std::filesystem::path& path, const Graph& graph, const std::vector<Tensor>& outputs);

}  // namespace espalier::cli
