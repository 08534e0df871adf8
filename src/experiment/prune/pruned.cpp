#include "experiment/prune/pruned.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "base/text/numbers.h"
#include "base/text/text_table.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "experiment/inspect/shapes.h"
#include "experiment/measure/evaluate.h"
#include "experiment/prune/permute.h"
#include "experiment/prune/stored_weights.h"
#include "experiment/trees/prune_trees.h"
#include "graph/analysis/input_shapes.h"
#include "surgery/layers.h"

namespace espalier::experiment {
namespace {

double sparsity_of(const prune::MaskSet& masks) { return 1 - masks.density(); }

/// "" unless the cut found nothing to do.
std::string nothing_cut(const Pruned& pruned) {
    if (pruned.plan.masks.kept() < pruned.before.kept()) return "";
    return fmt::format(
        "nothing was cut: the file is as sparse as asked, or sparser, already ({:.2f} % of its prunable "
        "weights are "
        "zero)",
        100 * sparsity_of(pruned.before));
}

const CalibrationError::Layer* measured(const CalibrationError& error, const std::string& weight) {
    const auto found = std::ranges::find(error.layers, weight, &CalibrationError::Layer::weight);
    return found == error.layers.end() || std::isnan(found->error) ? nullptr : &*found;
}

std::string error_text(const CalibrationError& error, const std::string& weight) {
    const auto* layer = measured(error, weight);
    return layer == nullptr ? "–" : fmt::format("{:.2f} %", 100 * layer->error);
}

/// A target in multiply-adds needs all of them to be known.
void check_macs(const Graph& graph) {
    require_shapes(graph, {}, "prune: --macs counts multiply-adds");
    for (const PrunableWeight& weight : prunable(graph)) {
        if (std::isfinite(weight.macs_per_weight)) continue;
        throw InvalidModel(fmt::format(
            "prune: --macs counts multiply-adds, and those of \"{}\" are known only when the network "
            "runs: give --sparsity or --weights",
            weight.name));
    }
}

}  // namespace

Pruned prune_file(const std::filesystem::path& model, const Cut& how, const PruneFile& file,
                  const Watch& watch) {
    ConstantSizes constants;
    Graph stored = onnx::read(model, nullptr, &constants);
    if (has_trees(stored) && prunable(stored).empty())
        throw InvalidArgument(
            fmt::format("{}: it holds trees, which are pruned by the rows they were grown from: --data "
                        "DATA.npz, or without rows --criterion lossless",
                        model.string()));
    if (!file.output.empty()) check_can_write(file.output);
    const bool real = is_real(stored);
    Graph graph = real ? std::move(stored) : as_real(stored);
    const std::vector<Value> inputs = graph.inputs;
    const std::vector<Value> outputs = graph.outputs;
    // Calibration data may be of any sizes, unless a target or an order needs these.
    const bool is_open = !file.calibrate.empty() && !how.target.macs && !file.permute;
    if (!is_open) set_input_shapes(graph, file.shapes);
    if (how.target.macs) check_macs(graph);
    Pruned pruned{.plan = {},
                  .before = surgery::zeros_of(graph, how.include),
                  .not_prunable = {},
                  .work = {},
                  .written = {}};
    pruned.not_prunable =
        surgery::not_prunable(real ? graph : stored, prunable_weights(graph, how.include), constants);
    if (file.permute) pruned.order = permute(graph, how);
    if (file.calibrate.empty()) {
        pruned.plan = cut(graph, how, nullptr, watch);
    } else {
        const std::vector<NamedTensors> batches = read_calibration(graph, file.calibrate);
        pruned.runs = batches.size();
        Cut calibrated = how;
        calibrated.calibration = &batches;
        pruned.plan = cut(graph, calibrated, &pruned.error.emplace(), watch);
    }
    if (is_open) set_input_shapes(graph, file.shapes);
    pruned.work = work_of(graph, surgery::layers(graph, false, how.include));
    if (real) {
        graph.inputs = inputs;  // the shapes are for counting; what is written stays as open as it was
        graph.outputs = outputs;
    } else {
        cut_stored(stored, pruned.plan.masks);
        graph = std::move(stored);
    }
    pruned.written = write_to_run(std::move(graph), file.output, file.without, file.as_halves);
    return pruned;
}

std::string to_text(const Pruned& pruned, std::size_t width) {
    using enum TextTable::Align;
    std::vector<TextTable::Column> columns = {
        {.heading = "layer", .least = 16}, {"weights", right}, {"left", right}, {"share left", right}};
    if (pruned.error) columns.push_back({"error of output", right});
    TextTable table(columns);
    for (const prune::LayerPlan& layer : pruned.plan.layers) {
        const double share = static_cast<double>(layer.kept) / static_cast<double>(layer.count);
        std::vector<std::string> row = {layer.name, with_commas(layer.count), with_commas(layer.kept),
                                        fmt::format("{:.2f} %", 100 * share)};
        if (pruned.error) row.push_back(error_text(*pruned.error, layer.name));
        table.add(row);
    }
    std::string text = table.text(width);
    if (pruned.error)
        text += wrapped(
            fmt::format("outputs of the network differ by {:.2f} % from those before (Frobenius norm, over "
                        "the calibration data, {} runs)",
                        100 * pruned.error->outputs, pruned.runs),
            width);
    if (pruned.error && !pruned.error->metrics.empty())
        text += wrapped("against them: " + to_text(pruned.error->metrics), width);
    if (pruned.order) text += wrapped(surgery::to_text(gain_of(*pruned.order)), width);
    for (const std::string& note : pruned.plan.notes) text += wrapped("note: " + note, width);
    if (const std::string note = nothing_cut(pruned); !note.empty()) text += wrapped("note: " + note, width);
    text += describe(pruned.written.passes);
    const prune::MaskSet& masks = pruned.plan.masks;
    text += wrapped(surgery::weights_left(masks.kept(), masks.count(), pruned.not_prunable), width);
    if (const std::string work = to_text(pruned.work); !work.empty()) text += wrapped(work, width);
    text += halves_text(pruned.written);
    return text + fmt::format("{}: {} of {} prunable weights left; {}: the file holds the zeros\n",
                              pruned.written.path.string(), with_commas(masks.kept()),
                              with_commas(masks.count()), size_text(pruned.written));
}

nlohmann::ordered_json to_json(const Permutation& order) {
    auto groups = nlohmann::ordered_json::array();
    for (const Permutation::Group& group : order.groups) {
        groups.push_back({{"name", group.name}, {"units", group.units}, {"moved", group.moved}});
        if (!group.left_out.empty()) groups.back()["left_out"] = group.left_out;
    }
    return {{"applied", order.is_applied()},
            {"kept_magnitude_before", order.kept_before},
            {"kept_magnitude", order.kept_after},
            {"output_difference", order.difference},
            {"groups", std::move(groups)}};
}

namespace {

nlohmann::ordered_json metrics_of(const CalibrationError& error) {
    auto metrics = nlohmann::ordered_json::object();
    for (const auto& [name, value] : error.metrics) metrics[name] = value;
    return metrics;
}

}  // namespace

nlohmann::ordered_json to_json(const Pruned& pruned) {
    using Json = nlohmann::ordered_json;
    Json layers = Json::array();
    for (const prune::LayerPlan& layer : pruned.plan.layers) {
        layers.push_back({{"name", layer.name},
                          {"weights", layer.count},
                          {"left", layer.kept},
                          {"units", layer.units},
                          {"units_left", layer.units_kept}});
        if (!pruned.error) continue;
        const auto* error = measured(*pruned.error, layer.name);
        layers.back()["relative_error"] = error == nullptr ? Json(nullptr) : Json(error->error);
        layers.back()["rows"] = error == nullptr ? Json(nullptr) : Json(error->rows);
        layers.back()["seconds"] = error == nullptr ? Json(nullptr) : Json(error->seconds);
    }
    Json others = Json::object();
    for (const auto& [kind, count] : pruned.not_prunable) others[kind] = count;
    std::vector<std::string> notes = pruned.plan.notes;
    if (std::string note = nothing_cut(pruned); !note.empty()) notes.push_back(std::move(note));
    const bool counted = pruned.work.uncounted == 0;
    return {{"output", pruned.written.path.string()},
            {"weights", pruned.plan.masks.count()},
            {"left", pruned.plan.masks.kept()},
            {"sparsity", sparsity_of(pruned.plan.masks)},
            {"not_prunable", std::move(others)},
            {"macs", counted ? Json(pruned.work.macs) : nullptr},
            {"nonzero_macs", counted ? Json(pruned.work.nonzero_macs) : nullptr},
            {"counted_at", pruned.work.counted_at},
            {"layers", std::move(layers)},
            {"output_relative_error", pruned.error ? Json(pruned.error->outputs) : Json(nullptr)},
            {"metrics", pruned.error ? Json(metrics_of(*pruned.error)) : Json(nullptr)},
            {"permutation", pruned.order ? to_json(*pruned.order) : Json(nullptr)},
            {"notes", notes},
            {"file_bytes", pruned.written.bytes},
            {"zstd_bytes", pruned.written.zstd_bytes},
            {"halves", pruned.written.halves},
            {"halves_change", pruned.written.halves_change},
            {"halves_kept", pruned.written.halves_kept},
            {"passes", to_json(pruned.written.passes)}};
}

}  // namespace espalier::experiment
