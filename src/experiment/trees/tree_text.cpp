#include <fmt/format.h>

#include "base/text/numbers.h"
#include "base/text/text_table.h"
#include "experiment/trees/prune_trees.h"

namespace espalier::experiment {
namespace {

using Json = nlohmann::ordered_json;

std::string loss_text(const trees::Loss& loss, bool classes) {
    if (classes) return fmt::format("{:.2f} ± {:.2f} %", 100 * loss.mean, 100 * loss.standard_error);
    return fmt::format("{:.4g} ± {:.2g}", loss.mean, loss.standard_error);
}

const char* loss_name(bool classes) { return classes ? "wrong" : "squared error"; }

std::string trials_text(const PrunedTrees& node, std::size_t width) {
    using enum TextTable::Align;
    const trees::Validated& validated = *node.validated;
    TextTable table({{"amount", right}, {"nodes", right}, {loss_name(node.classes), right}, {"", left}});
    for (std::size_t i = 0; i < validated.trials.size(); ++i) {
        const trees::Trial& trial = validated.trials[i];
        std::string mark = i == validated.least ? "least" : "";
        if (i == validated.chosen) mark += mark.empty() ? "chosen" : ", chosen";
        table.add({fmt::format("{:.6g}", trial.amount), with_commas(trial.nodes),
                   loss_text(trial.loss, node.classes), mark});
    }
    return table.text(width) + "  chosen: the smallest within one standard error of the least\n";
}

std::string node_text(const PrunedTrees& node, const std::string& criterion, std::size_t width) {
    std::string text;
    const std::string name = node.node.empty() ? node.op : node.node;
    if (node.validated) text += trials_text(node, width);
    if (criterion != "lossless")
        text += wrapped(
            fmt::format("{}: {} = {:.10g}, impurity {}, {}", name, criterion, node.amount, node.impurity,
                        node.predicts ? "each tree predicts by itself" : "trees add up"),
            width);
    text += wrapped(fmt::format("{}: {} of {} trees, {} of {} nodes, {} of {} leaves left", name,
                                with_commas(node.after.trees), with_commas(node.before.trees),
                                with_commas(node.after.nodes), with_commas(node.before.nodes),
                                with_commas(node.after.leaves), with_commas(node.before.leaves)),
                    width);
    const trees::LosslessResult& passes = node.lossless;
    if (passes.decided + passes.equal + passes.shared > 0)
        text += wrapped(
            fmt::format("lossless passes: {} tests that cannot go both ways, {} splits of equal sides, {} "
                        "nodes shared",
                        with_commas(passes.decided), with_commas(passes.equal), with_commas(passes.shared)),
            width);
    if (node.test_before)
        text += wrapped(fmt::format("test rows, of this node alone: {} {} before, {} after",
                                    loss_name(node.classes), loss_text(*node.test_before, node.classes),
                                    loss_text(*node.test_after, node.classes)),
                        width);
    return text;
}

Json loss_json(const std::optional<trees::Loss>& loss) {
    if (!loss) return nullptr;
    return {{"mean", loss->mean}, {"standard_error", loss->standard_error}};
}

Json node_json(const PrunedTrees& node) {
    Json trials = Json::array();
    if (node.validated) {
        for (const trees::Trial& trial : node.validated->trials)
            trials.push_back(
                {{"amount", trial.amount}, {"nodes", trial.nodes}, {"loss", loss_json(trial.loss)}});
    }
    Json path = Json::array();
    for (const trees::Link& link : node.path)
        path.push_back({{"alpha", link.alpha}, {"leaves", link.leaves}, {"risk", link.risk}});
    const auto counts = [](const TreeCounts& of) {
        return Json{{"trees", of.trees}, {"nodes", of.nodes}, {"leaves", of.leaves}};
    };
    return {{"node", node.node},
            {"op", node.op},
            {"amount", node.amount},
            {"impurity", node.impurity},
            {"predicts", node.predicts},
            {"before", counts(node.before)},
            {"after", counts(node.after)},
            {"lossless",
             {{"decided", node.lossless.decided},
              {"equal", node.lossless.equal},
              {"shared", node.lossless.shared}}},
            {"test_before", loss_json(node.test_before)},
            {"test_after", loss_json(node.test_after)},
            {"path", std::move(path)},
            {"trials", std::move(trials)},
            {"least", node.validated ? Json(node.validated->least) : nullptr},
            {"chosen", node.validated ? Json(node.validated->chosen) : nullptr}};
}

}  // namespace

std::string to_text(const PrunedTreeFile& pruned, std::size_t width) {
    std::string text;
    for (const PrunedTrees& node : pruned.nodes) text += node_text(node, pruned.criterion, width);
    for (const std::string& note : pruned.notes) text += wrapped("note: " + note, width);
    return text + fmt::format("{}: {} of {}\n", pruned.path.string(), format_bytes(pruned.bytes),
                              format_bytes(pruned.bytes_before));
}

Json to_json(const PrunedTreeFile& pruned) {
    Json nodes = Json::array();
    for (const PrunedTrees& node : pruned.nodes) nodes.push_back(node_json(node));
    return {{"output", pruned.path.string()}, {"criterion", pruned.criterion},
            {"nodes", std::move(nodes)},      {"notes", pruned.notes},
            {"file_bytes", pruned.bytes},     {"file_bytes_before", pruned.bytes_before}};
}

}  // namespace espalier::experiment
