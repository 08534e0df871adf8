#include "experiment/trees/prune_trees.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/random.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "experiment/trees/tree_data.h"
#include "trees/choose/refit.h"
#include "trees/method.h"

namespace espalier::experiment {
namespace {

using trees::Ensemble;
using trees::Examples;
using trees::Grown;
using trees::Impurity;
using trees::Method;

constexpr std::string_view kImpurities[] = {"gini", "entropy", "squared-error", "scores"};
constexpr const char* kLossless = "lossless";
constexpr int kFolds = 5;  // that judge the methods where there are no validation rows

std::optional<Impurity> impurity_named(const std::string& name) {
    if (name.empty()) return std::nullopt;
    const auto* found = std::ranges::find(kImpurities, name);
    if (found == std::end(kImpurities))
        throw InvalidArgument(fmt::format(
            "impurity \"{}\" is not known: expected gini, entropy, squared-error or scores", name));
    return static_cast<Impurity>(found - kImpurities);
}

TreeCounts counts_of(const Ensemble& ensemble) {
    const auto leaves =
        std::ranges::count_if(ensemble.nodes, [](const auto& node) { return node.is_leaf(); });
    return {std::ssize(ensemble.roots), std::ssize(ensemble.nodes), leaves};
}

Grown grow(const Ensemble& ensemble, const Examples& examples, std::optional<Impurity> impurity) {
    return impurity ? trees::grown(ensemble, examples, *impurity) : trees::grown(ensemble, examples);
}

/// One row of three is held out where a method needs rows that the trees' statistics have not seen.
struct Split {
    Examples seen;
    std::optional<Examples> held;
};

Split split(const Method& method, TreeData& data, std::uint64_t seed, std::vector<std::string>& notes) {
    if (!method.needs_held_out) return {std::move(data.train), std::nullopt};
    if (data.validation) return {std::move(data.train), data.validation};
    Random random(seed, "held out");
    std::vector<std::uint8_t> held(trees::at(data.train.rows()));
    for (auto& out : held) out = random.below(3) == 0 ? 1 : 0;
    Split made{.seen = {}, .held = data.train.subset(held)};
    for (auto& out : held) out = out == 0 ? 1 : 0;
    made.seen = data.train.subset(held);
    notes.push_back(
        fmt::format("{}: {} of the training rows were held out to decide on, which the trees have seen "
                    "when they were grown: give x_validation and y_validation to have others",
                    method.name, made.held->rows()));
    return made;
}

void require_fit(const Method& method, const Grown& grown, const Examples& examples) {
    if (method.needs_classes && examples.classes == 0)
        throw InvalidArgument(fmt::format("{} is for classes, and these targets are numbers", method.name));
    if (method.needs_predictions && !grown.predicts)
        throw InvalidArgument(
            fmt::format("{} is for trees that each predict by themselves, as in a forest, and "
                        "these add up",
                        method.name));
}

/// The amount that was asked for, or is chosen.
double amount_of(const Method& method, const TreeCut& how, const Ensemble& ensemble, const Grown& grown,
                 const trees::Evidence& evidence, const TreeData& data, PrunedTrees& result,
                 const Watch& watch) {
    if (how.amount) {
        if (!(*how.amount >= 0))
            throw InvalidArgument(fmt::format("{} of {}: expected a number from 0 on ({})", *how.amount,
                                              method.name, method.amount));
        return *how.amount;
    }
    if (method.needs_held_out) return 0;
    if (how.folds > 0) {
        result.validated = trees::validate(method, ensemble, evidence.examples, impurity_named(how.impurity),
                                           how.folds, how.seed, [&](double share) {
                                               if (watch.progress) watch.progress(share, "validating");
                                               if (watch.is_stopped()) throw Interrupted("stopped");
                                           });
    } else if (data.validation) {
        result.validated = trees::validate(method, grown, evidence, *data.validation);
    } else {
        throw InvalidArgument(
            fmt::format("say how much: --amount ({}), --folds 5, or data with x_validation and "
                        "y_validation",
                        method.amount));
    }
    return result.validated->trials[result.validated->chosen].amount;
}

Ensemble prune_by_data(const TreeCut& how, const Ensemble& ensemble, TreeData data, PrunedTrees& result,
                       std::vector<std::string>& notes, const Watch& watch) {
    const Method& method = trees::methods().get(how.criterion);
    const Split rows = split(method, data, how.seed, notes);
    const Grown grown = grow(ensemble, rows.seen, impurity_named(how.impurity));
    require_fit(method, grown, rows.seen);
    result.predicts = grown.predicts;
    result.impurity = kImpurities[static_cast<std::size_t>(grown.impurity)];
    const trees::Evidence evidence{
        .examples = rows.seen, .held_out = rows.held ? &*rows.held : nullptr, .pause = [&watch] {
            if (watch.is_stopped()) throw Interrupted("stopped");
        }};
    result.amount = amount_of(method, how, ensemble, grown, evidence, data, result, watch);
    if (how.criterion == "cost-complexity" && ensemble.roots.size() == 1)
        result.path = trees::weakest_links(grown, 0);
    const trees::Decision decision = method.decide(grown, evidence, result.amount);
    if (!method.note.empty()) notes.push_back(fmt::format("{}: {}", method.name, method.note));
    Ensemble made = trees::pruned(grown, decision);
    if (how.refit > 0) trees::refit_leaves(made, rows.seen, how.refit);
    if (how.compare) {
        const auto most = static_cast<int>(std::min<std::int64_t>(kFolds, rows.seen.rows()));
        const int folds = how.folds > 0 ? how.folds : data.validation ? 0 : most;
        result.judged_by = folds > 0 ? fmt::format("by {} folds", folds) : "on the validation rows";
        result.curves = method_curves(ensemble, rows.seen, data.validation ? &*data.validation : nullptr,
                                      impurity_named(how.impurity), folds, how.seed, watch);
    }
    if (data.test) {
        result.test_before = trees::loss_of(ensemble, *data.test);
        result.test_after = trees::loss_of(made, *data.test);
    }
    return made;
}

void prune_node(Graph& graph, Node& node, const TreeCut& how, const NamedTensors& arrays,
                PrunedTreeFile& file, const Watch& watch) {
    Ensemble ensemble = trees::ensemble_of(node);
    PrunedTrees& result = file.nodes.emplace_back();
    result.node = node.name;
    result.op = node.op;
    result.classes = ensemble.classifies;
    result.before = counts_of(ensemble);
    if (how.compare) result.trees_before = ensemble;
    if (how.criterion != kLossless)
        ensemble = prune_by_data(how, ensemble, data_of_node(graph, node, ensemble, arrays), result,
                                 file.notes, watch);
    if (how.lossless) result.lossless = trees::simplify(ensemble);
    result.after = counts_of(ensemble);
    if (how.compare) result.trees_after = ensemble;
    trees::set_ensemble(node, ensemble);
}

}  // namespace

bool has_trees(const Graph& graph) {
    return std::ranges::any_of(graph.nodes,
                               [](const Node& node) { return trees::is_tree_operator(node.op); });
}

PrunedTreeFile prune_trees(Graph& graph, const TreeCut& how, const NamedTensors& data, const Watch& watch) {
    if (how.criterion != kLossless) {
        trees::methods().get(how.criterion);
        if (data.empty())
            throw InvalidArgument(
                fmt::format("{} needs the rows that the trees were grown from: data with x_train and y_train",
                            how.criterion));
    }
    for (const auto& [name, tensor] : data) require_tree_array(name);
    if (!has_trees(graph)) throw InvalidModel("it holds no trees");
    PrunedTreeFile file{.path = {}, .criterion = how.criterion, .nodes = {}, .notes = {}};
    std::vector<Node> made = graph.nodes;  // data go through the nodes as they were
    for (Node& node : made) {
        if (trees::is_tree_operator(node.op)) prune_node(graph, node, how, data, file, watch);
    }
    graph.nodes = std::move(made);
    return file;
}

PrunedTreeFile prune_trees(const std::filesystem::path& model, const TreeCut& how,
                           const std::filesystem::path& data, const std::filesystem::path& output,
                           const Watch& watch) {
    std::vector<std::string> notes;
    Graph graph = onnx::read(model, &notes);
    if (!has_trees(graph)) throw InvalidModel(fmt::format("{}: it holds no trees", model.string()));
    const NamedTensors arrays = data.empty() ? NamedTensors{} : read_tree_data(data);
    PrunedTreeFile file;
    try {
        file = prune_trees(graph, how, arrays, watch);
    } catch (const BadData& error) {
        throw BadData(fmt::format("{}: {}", data.string(), error.what()));
    }
    file.path = output;
    file.notes.insert(file.notes.begin(), notes.begin(), notes.end());
    std::error_code none;
    file.bytes_before = std::filesystem::file_size(model, none);
    file.bytes = onnx::write(output, graph);
    return file;
}

}  // namespace espalier::experiment
