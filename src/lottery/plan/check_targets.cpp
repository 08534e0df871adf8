// Do loss, metrics and network fit what the data say that the network should give?
#include <fmt/format.h>

#include <cmath>

#include "espalier/error.h"
#include "lottery/plan/check.h"
#include "train/judging/metric.h"
#include "train/loss.h"

namespace espalier::lottery {
namespace {

std::string noun_of(train::TargetKind kind) {
    return kind == train::TargetKind::classes ? "classes (integers)" : "numbers (floating point)";
}

std::string noun_of(const data::Dataset& dataset) {
    return noun_of(dataset.train.have_classes() ? train::TargetKind::classes : train::TargetKind::numbers);
}

template <class Entry>
void check_kind(const Recipe& recipe, const char* key, const Table<Entry>& table, const std::string& name,
                const data::Dataset& dataset) {
    const Entry& entry = table.get(name);
    if (train::takes(entry.targets, dataset.train.have_classes())) return;
    std::string others;
    for (const Entry* other : table) {
        if (train::takes(other->targets, dataset.train.have_classes()))
            others += fmt::format("{}\"{}\"", others.empty() ? "" : ", ", other->name);
    }
    recipe.fail(key, fmt::format(": \"{}\" is of {}, and targets are {}; expected one of {}", name,
                                 noun_of(entry.targets), noun_of(dataset), others));
}

/// A built-in network is built for its data: one picture, one class.
void check_network(const Recipe& recipe, const data::Dataset& dataset) {
    if (!recipe.model.onnx.empty()) return;
    for (const auto& [key, is_set] : {std::pair("model.output", !recipe.model.output.empty()),
                                      {"model.class_axis", !recipe.own_value("model.class_axis").empty()}}) {
        if (is_set)
            recipe.fail(key, ": a built-in network has one output, [n, classes]; expected model.onnx");
    }
    const data::Examples& examples = dataset.train;
    const bool plain = examples.inputs.size() == 1 && examples.inputs[0].name.empty();
    if (plain && examples.have_classes() && !examples.have_positions()) return;
    recipe.fail(
        "model.network",
        fmt::format(
            ": built-in networks read one input and give a class an example, and the data set has {}; "
            "expected model.onnx",
            examples.inputs.size() > 1  ? fmt::format("{} inputs", examples.inputs.size())
            : !plain                    ? fmt::format("input \"{}\"", examples.inputs[0].name)
            : examples.have_positions() ? "classes at every position"
                                        : "numbers as targets"));
}

void check_arm(const Recipe& recipe, const data::Dataset& dataset) {
    check_kind(recipe, "train.loss", train::losses(), recipe.train.loss, dataset);
    check_network(recipe, dataset);
    if (!recipe.own_value("model.class_axis").empty() && !dataset.train.have_positions())
        recipe.fail("model.class_axis", ": it is read where an example has classes at many positions");
}

/// What is changed of a picture would have to change in targets that lie on it.
void check_augmentation(const Recipe& recipe, const data::Dataset& dataset) {
    if (dataset.train.have_classes() && !dataset.train.have_positions()) return;
    for (const auto& [key, given] :
         {std::pair("data.crop", recipe.data.crop > 0), {"data.flip", recipe.data.flip}}) {
        if (given)
            recipe.fail(key, ": targets that say where or how much would not be moved with the picture");
    }
}

bool all_equal(const data::Examples& examples) {
    const Tensor& targets = examples.targets;
    const auto each =
        static_cast<std::size_t>(targets.count() / std::max<std::int64_t>(1, targets.shape()[0]));
    const auto values = targets.f32();
    for (std::size_t i = each; i < values.size(); ++i) {
        if (values[i] != values[i - each]) return false;
    }
    return true;
}

/// What is compared is the share of variance that is explained.
void check_variance(const data::Dataset& dataset) {
    if (dataset.train.have_classes()) return;
    for (const auto& [what, examples] : {std::pair("training", &dataset.train),
                                         {"validation", &dataset.validation},
                                         {"test", &dataset.test}}) {
        if (all_equal(*examples)) {
            throw BadData(
                fmt::format("{}: the targets of all {} {} examples are the same, and there is nothing to "
                            "explain",
                            dataset.name, examples->count(), what));
        }
    }
}

}  // namespace

void check_targets(const Recipe& recipe, const data::Dataset& dataset) {
    check_variance(dataset);
    check_augmentation(recipe, dataset);
    check_arm(recipe, dataset);
    for (const Recipe& arm : recipe.arms) check_arm(arm, dataset);
    if (recipe.experiment.ensembles && (!dataset.train.have_classes() || dataset.train.have_positions()))
        recipe.fail("experiment.ensembles",
                    ": members vote for one class an example, which these targets are not");
    for (const std::string& name : recipe.experiment.metrics)
        check_kind(recipe, "experiment.metrics", train::metrics(), name, dataset);
}

}  // namespace espalier::lottery
