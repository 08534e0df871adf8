#include "lottery/stability.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/hash.h"
#include "espalier/safetensors.h"
#include "lottery/stage_files.h"
#include "lottery/stage_training.h"
#include "train/trainer.h"

namespace espalier::lottery {
namespace {

constexpr int kPoints = 30;

std::string copy_file(int copy) { return fmt::format("copy-{}.safetensors", copy); }

/// The end of one copy; a copy that is done is not trained again.
Weights end_of_copy(const StageContext& context, const Start& start, int copy, const StageOptions& options) {
    const StageSpec& stage = context.stage();
    const std::filesystem::path file = context.file(stage, copy_file(copy));
    if (std::filesystem::exists(file)) return read_safetensors(file).tensors;
    const std::string checkpoint = fmt::format("{}-{}", copy, kCheckpoint);
    const train::Outcome outcome =
        train_stage(context,
                    {.start = start,
                     .first_step = stage.first_step,
                     .last_step = stage.last_step,
                     .order_seed = hash_u64(fmt::format("stability/copy {}", copy), context.seed()),
                     .checkpoint = checkpoint},
                    options);
    write_safetensors(file, outcome.weights);
    std::filesystem::remove(context.file(stage, checkpoint));
    return outcome.weights;
}

Weights between(const Weights& first, const Weights& second, double alpha) {
    Weights out = first;
    for (auto& [name, tensor] : out) {
        const auto other = second.at(name).f32();
        const auto values = tensor.f32();
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = static_cast<float>(alpha * double{values[i]} + (1 - alpha) * double{other[i]});
        }
    }
    return out;
}

}  // namespace

store::Stability measure_stability(StageContext& context, const StageOptions& options) {
    const StageSpec& stage = context.stage();
    const Start start{.weights = context.read(stage.dense, step_file(stage.first_step)),
                      .masks = context.masks_of(stage.parent)};
    const Weights first = end_of_copy(context, start, 1, options);
    const Weights second = end_of_copy(context, start, 2, options);
    store::Stability out{.hash = stage.hash,
                         .level = stage.level(),
                         .replicate = stage.replicate,
                         .step = stage.first_step,
                         .points = {}};
    const data::Dataset& dataset = context.dataset();
    for (int i = 0; i < kPoints; ++i) {
        const double alpha = static_cast<double>(i) / (kPoints - 1);
        const bool is_end = i == 0 || i == kPoints - 1;
        Weights weights = is_end ? (i == 0 ? second : first) : between(first, second, alpha);
        if (!is_end) {
            weights = train::with_statistics(context.graph(), weights, dataset, context.recipe(),
                                             context.recipe().retrain.batch_norm_batches, context.seed());
        }
        const auto error = [&](const data::Examples& examples) {
            return 1 - train::evaluate(context.graph(), weights, examples, dataset.normalization,
                                       context.recipe(), 1)
                           .accuracy;
        };
        out.points.push_back({alpha, error(dataset.train), error(dataset.test)});
    }
    return out;
}

}  // namespace espalier::lottery
