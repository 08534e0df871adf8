// Weights of every layer at the end of training: the dense network's, and the survivors at each level.
#include <fmt/format.h>

#include <algorithm>

#include "espalier/safetensors.h"
#include "report/figures/histogram.h"
#include "report/findings/claims.h"
#include "report/section.h"

namespace espalier::report::sections_::histograms_ {
namespace {

constexpr int kBins = 81;  // odd: one bin has zero at its centre

/// One level whose weights are in the run folder.
struct Snapshot {
    const Level* level;
    std::filesystem::path path;
};

/// All of one replicate, since weights of different replicates are different networks.
std::vector<Snapshot> snapshots_of(const Experiment& experiment, int replicate) {
    std::vector<Snapshot> found;
    for (const Level& level : experiment.ticket()->levels) {
        for (const store::Stage& stage : level.replicates) {
            std::filesystem::path path = experiment.folder / "stages" / stage.hash / "weights.safetensors";
            std::error_code ignored;
            if (stage.replicate == replicate && std::filesystem::exists(path, ignored)) {
                found.push_back({&level, std::move(path)});
            }
        }
    }
    return found;
}

std::span<const float> weights_in(const NamedTensors& tensors, const std::string& name) {
    const auto at = tensors.find(name);
    return at == tensors.end() || at->second.dtype() != DType::f32 ? std::span<const float>()
                                                                   : at->second.f32();
}

/// For each layer the greatest magnitude at any level, so that its levels share one axis.
std::vector<float> reaches_of(const std::vector<Snapshot>& snapshots,
                              const std::vector<store::LayerCount>& layers) {
    std::vector<float> reaches(layers.size(), 0);
    for (const Snapshot& snapshot : snapshots) {
        const NamedTensors tensors = read_safetensors(snapshot.path).tensors;
        for (std::size_t i = 0; i < layers.size(); ++i) {
            reaches[i] = std::max(reaches[i], reach(weights_in(tensors, layers[i].name)));
        }
    }
    std::transform(reaches.begin(), reaches.end(), reaches.begin(), rounded_up);
    return reaches;
}

/// Files are read once more rather than kept: a run of a large network has gigabytes of them.
Json layers_of(const std::vector<Snapshot>& snapshots, const std::vector<store::LayerCount>& layers) {
    const std::vector<float> reaches = reaches_of(snapshots, layers);
    Json out = Json::array();
    for (std::size_t i = 0; i < layers.size(); ++i) {
        out.push_back(
            {{"name", layers[i].name}, {"reach", reaches[i]}, {"not_finite", 0}, {"counts", Json::array()}});
    }
    for (const Snapshot& snapshot : snapshots) {
        const NamedTensors tensors = read_safetensors(snapshot.path).tensors;
        const bool dense = snapshot.level->level == 0;
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const Histogram one = histogram(weights_in(tensors, layers[i].name), reaches[i], kBins, dense);
            out[i]["counts"].push_back(one.counts);
            out[i]["not_finite"] = out[i]["not_finite"].get<std::int64_t>() + one.not_finite;
        }
    }
    return out;
}

Content write(const Experiment& experiment) {
    if (experiment.dense() == nullptr) return nothing("The dense network is not trained yet.");
    const store::Stage& dense = experiment.dense()->replicates.front();
    const std::vector<Snapshot> snapshots = snapshots_of(experiment, dense.replicate);
    if (snapshots.size() < 2 || snapshots.front().level->level != 0) {
        return nothing("The run folder does not hold the weights of the dense network and a pruned level.");
    }
    Json levels = Json::array();
    std::size_t selected = snapshots.size() - 1;
    const Level* preferred = sparsest_near_dense(experiment);
    for (std::size_t i = 0; i < snapshots.size(); ++i) {
        const Level& level = *snapshots[i].level;
        if (&level == preferred) selected = i;
        levels.push_back({{"level", level.level}, {"share", 100 * level.share()}});
    }
    Json layers = layers_of(snapshots, dense.layers);
    return {
        "",
        {{"levels", std::move(levels)}, {"selected", selected}, {"layers", std::move(layers)}},
        fmt::format(
            "Weights at the end of training, replicate {}: all of the dense network's, and the survivors at "
            "the level you choose; cutting by magnitude empties the middle, and retraining moves the rest "
            "outwards. Counts are logarithmic: half the height is far less than half the weights.",
            dense.replicate)};
}

}  // namespace

extern const Section histograms{.name = "histograms",
                                .summary = "weights before and after pruning, every layer",
                                .title = "Weights before and after pruning",
                                .link = "Weights",
                                .position = 60,
                                .write = write};

}  // namespace espalier::report::sections_::histograms_
