#include "lottery/plan/missing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/files.h"
#include "espalier/error.h"
#include "lottery/stage/stage_files.h"
#include "store/lease.h"

namespace espalier::lottery {
namespace {

/// Not made, as Run::stage_folder() would: whoever only looks changes nothing.
std::filesystem::path folder_of(const store::Run& run, const StageSpec& stage) {
    return run.folder() / "stages" / stage.hash;
}

/// What a training leaves in its folder.
std::vector<std::string> files_of(const StageSpec& stage, const Recipe& recipe) {
    if (stage.kind == StageSpec::Kind::stability) return {};
    std::vector<std::string> files = {kWeights, kMasks};
    if (recipe.prune.permute && stage.kind == StageSpec::Kind::search && !stage.is_dense())
        files.emplace_back(kOrder);
    if (stage.keeps_movement) files.emplace_back(kMovement);
    for (const std::int64_t step : stage.snapshots) {
        if (step >= stage.first_step && step <= stage.last_step) files.push_back(step_file(step));
    }
    return files;
}

std::vector<std::string> names_of(const std::vector<store::MetricValue>& metrics) {
    std::vector<std::string> names;
    for (const store::MetricValue& metric : metrics) names.push_back(metric.name);
    return names;
}

bool is_checkpoint(const std::string& name) {
    return name == kLine || name == kCheckpoint || name.ends_with(std::string("-") + kCheckpoint);
}

}  // namespace

Missing missing(const store::Run& run, const StageSpec& stage, const Recipe& recipe) {
    Missing out;
    const std::vector<store::Position> recorded = run.positions(stage.hash);
    for (const Place& place : stage.places) {
        const bool is_there = std::ranges::any_of(recorded, [&](const store::Position& at) {
            return at.arm == place.arm && at.level == place.level && at.replicate == stage.replicate;
        });
        if (!is_there) out.places.push_back(place);
    }
    out.record = recorded.empty();
    if (out.record) return out;
    const std::filesystem::path folder = folder_of(run, stage);
    for (const std::string& file : files_of(stage, recipe_of(recipe, stage))) {
        if (!file_exists(folder / file)) out.files.push_back(file);
    }
    if (stage.kind == StageSpec::Kind::stability) return out;
    out.ticket = stage.arm() == "ticket" && !file_exists(run.ticket_path(stage.level(), stage.replicate));
    out.metrics =
        names_of(run.find_stage(stage.hash)->metrics) != recipe_of(recipe, stage).experiment.metrics;
    return out;
}

std::string lost_files(const Missing& missing) {
    std::vector<std::string> lost = missing.record ? std::vector<std::string>() : missing.files;
    if (missing.ticket) lost.emplace_back("its ONNX file");
    return fmt::format("{}", fmt::join(lost, ", "));
}

void remove_old_checkpoints(const store::Run& run, const std::vector<StageSpec>& stages) {
    for (const StageSpec& stage : stages) {
        const std::filesystem::path folder = folder_of(run, stage);
        if (run.positions(stage.hash).empty() || !file_exists(folder)) continue;
        std::vector<std::filesystem::path> old;
        std::error_code error;
        for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
             at.increment(error)) {
            if (is_checkpoint(at->path().filename().string())) old.push_back(at->path());
        }
        if (error) throw IoError(fmt::format("{}: cannot read: {}", folder.string(), error.message()));
        if (old.empty()) continue;
        store::Leases leases;
        if (const auto lease = leases.take(folder, kStageLease)) std::ranges::for_each(old, remove_file);
    }
}

}  // namespace espalier::lottery
