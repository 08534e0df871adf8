// What `espalier inspect` shows of an ONNX file, as text, JSON and a page.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "report/histogram.h"
#include "surgery/layers.h"

namespace espalier::cli {

struct Inspection {
    std::string file;  // its name
    std::uintmax_t file_bytes = 0;
    Graph graph;
    std::vector<surgery::LayerInfo> layers;
    std::int64_t parameters = 0, nonzeros = 0;
    double macs = 0, nonzero_macs = 0;
    float reach = 0;              // of the histogram: it covers [-reach, reach]
    report::Histogram histogram;  // of the weights that may be pruned, without zeros
};

/// Throws what onnx::read() throws.
Inspection inspection_of(const std::filesystem::path& path);

nlohmann::ordered_json to_json(const Inspection& inspection);
/// In `width` columns if names can be cut short enough. Nodes without weights and multiply-adds are counted
/// at the end, or with `all` listed.
std::string to_text(const Inspection& inspection, std::size_t width, bool all);
/// A page that loads nothing and runs nothing.
std::string to_html(const Inspection& inspection);

/// 118013952 -> "118.0 M"; "–" for 0.
std::string short_count(double value);
/// "12.5 %"; "–" of nothing.
std::string share_of(double part, double whole);
/// "filter 12/64", "2:4", "dense"; "" for a layer without a weight.
std::string pattern_of(const surgery::LayerInfo& layer);
/// "17 Relu, 8 Add": the operators of layers without weights and multiply-adds, the most frequent first.
std::string others_of(const Inspection& inspection);
bool has_work(const surgery::LayerInfo& layer);

}  // namespace espalier::cli
