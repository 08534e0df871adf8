// How many weights end with the sign that they began with.
#include <cmath>

#include "espalier/safetensors.h"
#include "report/figures/series.h"
#include "tensor/axis_order.h"

namespace espalier::report::sections_::signs_ {
namespace {

std::optional<NamedTensors> tensors_of(const Experiment& experiment, const store::Stage& stage,
                                       const char* name) {
    const std::filesystem::path path = experiment.file_of(stage, name);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return std::nullopt;
    return read_safetensors(path).tensors;
}

/// As the units of the stage's network lie (prune.permute).
NamedTensors in_order(const Experiment& experiment, const store::Stage& stage, NamedTensors tensors) {
    if (const auto order = tensors_of(experiment, stage, "order.safetensors"))
        reorder(tensors, orders_from(*order));
    return tensors;
}

/// Among prunable weights that are not zero at the end; NaN if there are none.
double share_kept(const store::Stage& stage, const NamedTensors& before, const NamedTensors& after) {
    double kept = 0;
    double all = 0;
    for (const store::LayerCount& layer : stage.layers) {
        const auto a = before.find(layer.name);
        const auto b = after.find(layer.name);
        if (a == before.end() || b == after.end() || a->second.dtype() != DType::f32 ||
            b->second.dtype() != DType::f32 || a->second.count() != b->second.count())
            continue;
        const auto old_weights = a->second.f32();
        const auto new_weights = b->second.f32();
        for (std::size_t i = 0; i < new_weights.size(); ++i) {
            if (new_weights[i] == 0) continue;
            ++all;
            kept += std::signbit(new_weights[i]) == std::signbit(old_weights[i]) ? 1 : 0;
        }
    }
    return kept / all;
}

Content write(const Experiment& experiment) {
    if (experiment.dense() == nullptr) return {};
    std::map<int, std::vector<double>> shares;  // by level
    for (const store::Stage& dense : experiment.dense()->replicates) {
        const auto before = tensors_of(experiment, dense, "step-0.safetensors");
        if (!before) continue;
        for (const Level& level : experiment.ticket()->levels) {
            const store::Stage* stage = level.find(dense.replicate);
            const auto after = stage ? tensors_of(experiment, *stage, "weights.safetensors") : std::nullopt;
            if (after)
                shares[level.level].push_back(
                    share_kept(*stage, in_order(experiment, *stage, *before), *after));
        }
    }
    Line line{"ticket", "Ticket", {}};
    for (const Level& level : experiment.ticket()->levels) {
        if (shares.contains(level.level)) line.points.push_back(at_level(level, shares[level.level], 100));
    }
    if (line.points.empty()) return nothing("The run folder does not hold the ticket's initial weights.");
    return {"",
            to_json(std::vector{Plot{.y = "Survivors with their first sign (%)",
                                     .unit = " %",
                                     .lines = {line},
                                     .reference = "By chance",
                                     .reference_at = 50}}),
            "Of the weights left at the end of training, those whose sign is the one they were initialised "
            "with. Fresh "
            "signs would agree for half of them. Bands are 95 % confidence intervals."};
}

}  // namespace

extern const Section signs{.name = "signs",
                           .summary = "share of survivors that kept their initial sign",
                           .title = "Signs kept since initialisation",
                           .link = "Signs",
                           .position = 64,
                           .write = write};

}  // namespace espalier::report::sections_::signs_
