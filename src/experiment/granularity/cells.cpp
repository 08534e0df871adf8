#include "experiment/granularity/cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "espalier/error.h"
#include "prune/units/granularity.h"
#include "surgery/layers.h"

namespace espalier::experiment {
namespace {

using Json = nlohmann::ordered_json;

bool has_groups(const prune::Grain& grain) {
    return grain.granularity.tile == nullptr ||
           (grain.granularity.is_sized && grain.arguments.a * grain.arguments.b > 1);
}

/// Of N:M, which needs no target.
std::optional<double> own_sparsity(const prune::Grain& grain) {
    if (grain.granularity.tile != nullptr) return std::nullopt;
    return 1 - static_cast<double>(grain.arguments.a) / static_cast<double>(grain.arguments.b);
}

}  // namespace

std::vector<StudyCell> cells_of(const StudyPlan& plan) {
    if (plan.granularities.empty() || plan.sparsities.empty())
        throw InvalidArgument("study: there is no granularity or no sparsity to measure");
    for (const double sparsity : plan.sparsities) {
        if (!(sparsity > 0 && sparsity < 1))
            throw InvalidArgument(
                fmt::format("study: sparsity {} is out of range, expected 0 < s < 1", sparsity));
    }
    std::vector<StudyCell> cells;
    for (const std::string& text : plan.granularities) {
        const prune::Grain grain = prune::parse_grain(text);
        const auto own = own_sparsity(grain);
        for (const bool permuted : {false, true}) {
            if (permuted && (!plan.permute || !has_groups(grain))) continue;
            for (const double sparsity : own ? std::vector{*own} : plan.sparsities) {
                StudyCell cell;
                cell.granularity = text;
                cell.permuted = permuted;
                cell.asked = sparsity;
                cells.push_back(std::move(cell));
            }
        }
    }
    return cells;
}

std::string StudyCell::name() const { return granularity + (permuted ? ", permuted" : ""); }

std::string key_of(const StudyCell& cell) {
    std::string key = fmt::format("{}{}-{}", cell.granularity, cell.permuted ? "-permuted" : "", cell.asked);
    std::ranges::replace_if(
        key, [](char c) { return c == ' ' || c == ':' || c == '/'; }, '_');
    return key;
}

Cut cut_of(const StudyCell& cell, const StudyPlan& plan) {
    Cut cut;
    cut.keep = plan.keep;
    cut.granularity = cell.granularity;
    cut.scope = "layer-wise";
    const bool is_pattern = prune::parse_grain(cell.granularity).granularity.tile == nullptr;
    if (!is_pattern) cut.target.sparsity = cell.asked;
    return cut;
}

void measure(StudyCell& cell, const Graph& graph, const StudyPlan& plan) {
    double macs = 0;
    double left = 0;
    for (const surgery::LayerInfo& layer : surgery::layers(graph, false)) {
        if (!std::isfinite(layer.macs)) continue;
        macs += layer.macs;
        left += layer.nonzero_macs;
    }
    cell.macs_left = macs > 0 ? left / macs : 1;
    cell.sparsity = 1 - surgery::zeros_of(graph).density();
    const runtime::BenchResult result =
        runtime::benchmark(graph, plan.batch, plan.threads, plan.seconds, {.shapes = plan.shapes});
    cell.median_ms = result.median_ms;
    cell.low_ms = result.low_ms;
    cell.high_ms = result.high_ms;
    cell.dense_ms = result.dense_median_ms;
    cell.speedup = result.speedup;
    cell.speedup_low = result.speedup_low;
    cell.speedup_high = result.speedup_high;
    for (const runtime::LayerProfile& layer : result.layers) {
        if (layer.weights == 0) continue;
        cell.layers.push_back({.node = layer.node,
                               .kernel = layer.kernel,
                               .left = layer.weights_left,
                               .us = layer.measured_us,
                               .dense_us = layer.dense_us,
                               .predicted_us = layer.predicted_us,
                               .why = layer.why});
    }
}

CellStore::CellStore(std::filesystem::path folder, const Json& identity) : folder_(std::move(folder)) {
    make_folder(folder_ / "cells");
    const std::filesystem::path path = folder_ / "study.json";
    const std::string text = identity.dump(2) + "\n";
    if (!file_exists(path)) {
        write_text(path, text);
    } else if (read_text(path) != text) {
        throw InvalidArgument(fmt::format(
            "{} is of another study (model, recipe, batch, threads, processor or version differ): give "
            "this one a folder of its own, --folder",
            folder_.string()));
    }
}

std::filesystem::path CellStore::path_of(const StudyCell& cell) const {
    return folder_ / "cells" / (key_of(cell) + ".json");
}

std::optional<StudyCell> CellStore::find(const StudyCell& cell) const {
    const std::filesystem::path path = path_of(cell);
    if (!file_exists(path)) return std::nullopt;
    try {
        return cell_from(Json::parse(read_text(path)));
    } catch (const nlohmann::json::exception& error) {
        throw BadData(fmt::format("{}: not a cell of a study: {}", path.string(), error.what()));
    }
}

void CellStore::keep(const StudyCell& cell) const { write_text(path_of(cell), to_json(cell).dump(2) + "\n"); }

std::vector<StudyCell> all_cells(const StudyPlan& plan, const CellStore& store, const Watch& watch,
                                 const std::function<void(StudyCell& cell)>& make) {
    std::vector<StudyCell> cells = cells_of(plan);
    double done = 0;
    for (StudyCell& cell : cells) {
        if (watch.is_stopped()) throw Interrupted("stopped; the same command goes on from there");
        if (watch.progress)
            watch.progress(done / static_cast<double>(cells.size()),
                           fmt::format("{} at {:.4g} %", cell.name(), 100 * cell.asked));
        if (auto known = store.find(cell)) {
            cell = std::move(*known);
        } else {
            make(cell);
            store.keep(cell);
        }
        ++done;
    }
    return cells;
}

}  // namespace espalier::experiment
