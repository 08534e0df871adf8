// What `espalier inspect` shows of an ONNX file, as text, JSON and a page.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "experiment/inspect/tree_facts.h"
#include "experiment/inspect/work.h"
#include "report/figures/histogram.h"
#include "surgery/layers.h"
#include "surgery/not_prunable.h"

namespace espalier::experiment {

struct Inspection {
    std::string file;  // its name; "" for none
    std::uintmax_t file_bytes = 0;
    Graph graph;
    std::vector<std::string> notes;  // what the file says and does not hold
    std::vector<surgery::LayerInfo> layers;
    std::vector<TreeFacts> trees;
    std::int64_t parameters = 0, nonzeros = 0;
    std::int64_t prunable = 0, prunable_nonzeros = 0;
    std::vector<surgery::ParameterCount> not_prunable;
    Work work;
    float reach = 0;              // of the histogram: it covers [-reach, reach]
    report::Histogram histogram;  // of the weights that may be pruned, without zeros
};

/// `shapes` of inputs with open dimensions. Throws what onnx::read() throws, and InvalidArgument for shapes
/// that do not fit.
Inspection inspection_of(const std::filesystem::path& path, const std::map<std::string, Shape>& shapes);
/// Of a network that is in memory: its file has no name and no size.
Inspection inspection_of(Graph graph, const std::map<std::string, Shape>& shapes);

nlohmann::ordered_json to_json(const Inspection& inspection);
/// In `width` columns, 0: as many as it takes. Nodes without weights and multiply-adds are counted
/// at the end, or with `all` listed.
std::string to_text(const Inspection& inspection, std::size_t width, bool all);
/// A page that loads nothing and runs nothing.
std::string to_html(const Inspection& inspection);

/// "filter 12/64", "2:4", "dense"; "" for a layer without a weight.
std::string pattern_of(const surgery::LayerInfo& layer);
/// "17 Relu, 8 Add": the operators of layers without weights and multiply-adds, the most frequent first.
std::string others_of(const Inspection& inspection);
bool has_work(const surgery::LayerInfo& layer);

}  // namespace espalier::experiment
