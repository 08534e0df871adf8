#include "lottery/plan/stage_hash.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/files.h"
#include "base/hash.h"
#include "espalier/onnx.h"
#include "prune/criterion.h"
#include "prune/scheduling/schedule.h"

namespace espalier::lottery {
namespace {

// Part of every hash: raised when the same inputs would train to other bytes than before.
constexpr int kStageVersion = 4;
// Likewise, where model.onnx is made into another network than before (lottery/network/imported.h).
constexpr int kImportVersion = 3;

/// The content of a file that a recipe names counts, its path does not.
std::string take_file(std::string& path) {
    const std::string hash = path.empty() ? "" : hash_hex(read_file(path)) + "\n";
    path.clear();
    return hash;
}

/// As take_file(), of a network: what it keeps in other files counts too.
std::string take_network(std::string& path) {
    if (path.empty()) return "";
    std::string elsewhere;
    for (const auto& file : onnx::data_files(path)) elsewhere += hash_hex(read_file(file)) + "\n";
    return take_file(path) + elsewhere;
}

/// A square picture of one or three channels of bytes is what its size says.
bool size_tells_shape(const Tensor& images) {
    const Shape& shape = images.shape();
    return images.dtype() == DType::u8 && shape.size() == 4 && shape[2] == shape[3] &&
           (shape[1] == 1 || shape[1] == 3);
}

/// Classes count to the greatest label, unless a data set says otherwise.
bool labels_tell_classes(const data::Dataset& dataset) {
    std::int32_t most = -1;
    for (const data::Examples* examples : {&dataset.train, &dataset.validation, &dataset.test})
        for (const std::int32_t label : examples->classes()) most = std::max(most, label);
    return dataset.classes == most + 1;
}

}  // namespace

std::string data_determinants(const data::Dataset& dataset) {
    std::string text = fmt::format("espalier stage {}\n", kStageVersion);
    for (const data::Examples* examples : {&dataset.train, &dataset.validation, &dataset.test}) {
        text += hash_hex(examples->images().bytes()) + hash_hex(examples->targets.bytes()) + "\n";
        for (std::size_t i = 1; i < examples->inputs.size(); ++i)
            text += hash_hex(examples->inputs[i].values.bytes()) + "\n";
    }
    for (const data::Input& input : dataset.train.inputs) {
        if (input.name.empty() && size_tells_shape(input.values)) continue;
        text += fmt::format("examples {}{}{} {}\n", input.name, input.name.empty() ? "" : " ",
                            name_of(input.values.dtype()), to_string(input.example_shape()));
    }
    const Tensor& targets = dataset.train.targets;
    if (!dataset.train.have_classes() || dataset.train.have_positions())
        text += fmt::format("targets {} {}\n", name_of(targets.dtype()), to_string(targets.shape()));
    if (dataset.train.have_classes() && !labels_tell_classes(dataset))
        text += fmt::format("classes {}\n", dataset.classes);
    return text;
}

std::string training_determinants(const Recipe& recipe) {
    Recipe plain = recipe;
    plain.data.path.clear();
    std::string model = take_network(plain.model.onnx);
    if (!model.empty()) model += fmt::format("import {}\n", kImportVersion);
    // "itself" is no file.
    const std::string teacher = plain.train.teacher == "itself" ? "" : take_network(plain.train.teacher);
    return model + teacher +
           plain.deviations(
               {"model", "data", "train", "regularize", "experiment.seed", "experiment.evaluate_every"});
}

std::string pruning_determinants(const Recipe& recipe) {
    Recipe plain = recipe;
    plain.prune.one_shot = false;  // the rounds of a stage say it
    // On the way to a sparsity, what a round cuts depends on how many there are.
    // So does an order, which is one for what the last round leaves.
    const bool shares_out =
        plain.prune.sparsity > 0 || (plain.prune.remove && plain.prune.macs > 0) || plain.prune.permute;
    if (!shares_out) plain.prune.rounds = Recipe::Prune().rounds;
    std::string revisions;
    const auto add = [&](const auto& entry) {
        if (entry.revision > 1) revisions += fmt::format("{} revision {}\n", entry.name, entry.revision);
    };
    add(prune::criteria().get(recipe.prune.criterion));
    add(prune::schedules().get(recipe.prune.schedule));
    return take_file(plain.prune.sensitivity) + revisions + plain.deviations({"prune", "retrain"});
}

std::string stability_determinants(const Recipe& recipe) {
    return recipe.deviations({"experiment.stability_points", "experiment.stability_examples"});
}

std::string stage_hash(const std::string& determinants, const StageSpec& stage,
                       const std::array<std::string, 3>& needs) {
    return hash_hex(fmt::format(
        "{}kind {} {} level {} from round {} replicate {} steps {}..{} needs {}", determinants,
        static_cast<int>(stage.kind), stage.kind == StageSpec::Kind::search ? "" : stage.arm(), stage.level(),
        stage.first_round, stage.replicate, stage.first_step, stage.last_step, fmt::join(needs, " ")));
}

}  // namespace espalier::lottery
