#include "experiment/removal/removed.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/text/numbers.h"
#include "base/text/text_table.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "experiment/prune/calibrated.h"
#include "experiment/prune/outcome.h"
#include "experiment/prune/own_signals.h"
#include "experiment/prune/stored_weights.h"
#include "experiment/removal/for_removal.h"
#include "experiment/removal/repair_removed.h"
#include "graph/analysis/input_shapes.h"
#include "surgery/layers.h"
#include "surgery/not_prunable.h"

namespace espalier::experiment {
namespace {

std::int64_t parameters_of(const Graph& graph) {
    std::int64_t count = 0;
    for (const auto& constant : graph.initializers) count += constant.second.count();
    return count;
}

Work counted(const Graph& stored, const std::map<std::string, Shape>& shapes) {
    Graph graph = is_real(stored) ? stored : as_real(stored);
    set_input_shapes(graph, shapes);
    return work_of(graph, surgery::layers(graph, false));
}

std::string before_and_after(const char* what, double before, double after) {
    return fmt::format("{}: {} of {} ({})", what, short_count(after), short_count(before),
                       share_of(after, before));
}

}  // namespace

void check_removal(const Cut& how, calibrate::Repair repair, bool has_data) {
    if (chooses_by_layer(how))
        throw InvalidArgument(
            fmt::format("\"{}\" chooses single weights, layer by layer; a removal takes criteria that score "
                        "units, as fisher",
                        how.criterion));
    if (how.score_rounds > 1)
        throw InvalidArgument("a removal takes its scores once: --score-rounds is for zeros");
    if (has_data && repair == calibrate::Repair::none && !reads_data(how.criterion))
        throw InvalidArgument(
            fmt::format("a removal takes calibration data for a repair and for criteria that read data, as "
                        "fisher; \"{}\" reads none",
                        how.criterion));
}

RemovedFile remove_from_file(const std::filesystem::path& model, const Cut& how, const RemovalTarget* target,
                             const std::filesystem::path& output, const std::vector<std::string>& without,
                             const Watch& watch, calibrate::Repair repair,
                             const std::filesystem::path& calibrate, bool as_halves) {
    Graph graph = onnx::read(model);
    if (!output.empty()) check_can_write(output);
    const std::vector<Value> inputs = graph.inputs;
    const std::vector<Value> outputs = graph.outputs;
    const auto passes = prepare_for_removal(graph, without);
    const std::vector<Value> taken = graph.inputs;
    RemovedFile removed;
    removed.bytes_before = std::filesystem::file_size(model);
    removed.parameters_before = parameters_of(graph);
    removed.work_before = counted(graph, how.shapes);
    const bool repairs = repair != calibrate::Repair::none;
    const auto batches = calibrate.empty() ? std::vector<NamedTensors>() : read_calibration(graph, calibrate);
    const Graph dense = repairs ? graph : Graph();
    Cut calibrated = how;
    if (!calibrate.empty()) calibrated.calibration = &batches;
    removed.removal =
        target == nullptr ? remove(graph, calibrated, watch) : remove_to(graph, calibrated, *target, watch);
    if (target != nullptr) removed.in_milliseconds = !target->macs;
    if (repairs) removed.repaired = repair_removed(dense, graph, repair, batches, how.shapes);
    removed.parameters = parameters_of(graph);
    removed.work = counted(graph, graph.inputs == taken ? how.shapes : std::map<std::string, Shape>());
    if (graph.inputs == taken) {  // what is written stays as open as it was
        graph.inputs = inputs;
        graph.outputs = outputs;
    }
    removed.written = write_to_run(std::move(graph), output, without, as_halves);
    removed.written.passes = passes;
    return removed;
}

std::string to_text(const RemovedFile& removed, std::size_t width) {
    using enum TextTable::Align;
    TextTable table({{.heading = "what goes together, by its first weight", .least = 16},
                     {"units", right},
                     {"left", right},
                     {"weights each", right},
                     {.heading = "why not", .least = 12, .optional = true}});
    for (const Removal::Group& group : removed.removal.groups) {
        table.add({group.name, with_commas(group.units), with_commas(group.left),
                   group.weights > 0 ? with_commas(group.weights) : "–", group.refused});
    }
    std::string text = table.text(width);
    for (const std::string& note : removed.removal.notes) text += wrapped("note: " + note, width);
    text += describe(removed.written.passes);
    text += wrapped(before_and_after("parameters", static_cast<double>(removed.parameters_before),
                                     static_cast<double>(removed.parameters)),
                    width);
    if (removed.work_before.macs > 0)
        text +=
            wrapped(before_and_after("multiply-adds", removed.work_before.macs, removed.work.macs), width);
    if (removed.in_milliseconds) {
        text += wrapped(fmt::format("time: {:.3g} ms, where {:.3g} ms were asked for",
                                    removed.removal.reached, removed.removal.goal),
                        width);
    }
    text += wrapped(
        fmt::format(
            "proved: outputs are those of the network with zeros instead (largest difference {:.1g} of "
            "the largest output)",
            removed.removal.difference),
        width);
    if (removed.repaired) {
        const calibrate::Repaired& repaired = *removed.repaired;
        for (const std::string& note : repaired.notes) text += wrapped("note: " + note, width);
        text += wrapped(
            fmt::format(
                "repaired {} layers: over the calibration data outputs differ by {:.2f} % from those before, "
                "{:.2f} % without repair",
                repaired.weights.size(), 100 * repaired.after, 100 * repaired.before),
            width);
    }
    text += halves_text(removed.written);
    return text + fmt::format("{}: {} instead of {}\n", removed.written.path.string(),
                              size_text(removed.written), format_bytes(removed.bytes_before));
}

nlohmann::ordered_json to_json(const RemovedFile& removed) {
    using Json = nlohmann::ordered_json;
    Json groups = Json::array();
    for (const Removal::Group& group : removed.removal.groups) {
        groups.push_back({{"name", group.name},
                          {"units", group.units},
                          {"left", group.left},
                          {"weights", group.weights},
                          {"refused", group.refused}});
    }
    return {{"output", removed.written.path.string()},
            {"groups", std::move(groups)},
            {"parameters_before", removed.parameters_before},
            {"parameters", removed.parameters},
            {"macs_before", removed.work_before.macs},
            {"macs", removed.work.macs},
            {"difference", removed.removal.difference},
            {"output_relative_error", removed.repaired ? Json(removed.repaired->after) : Json(nullptr)},
            {"output_relative_error_unrepaired",
             removed.repaired ? Json(removed.repaired->before) : Json(nullptr)},
            {"goal", removed.removal.goal},
            {"reached", removed.removal.reached},
            {"notes", removed.removal.notes},
            {"bytes_before", removed.bytes_before},
            {"file_bytes", removed.written.bytes},
            {"zstd_bytes", removed.written.zstd_bytes},
            {"halves", removed.written.halves},
            {"halves_change", removed.written.halves_change},
            {"halves_kept", removed.written.halves_kept},
            {"passes", to_json(removed.written.passes)}};
}

}  // namespace espalier::experiment
