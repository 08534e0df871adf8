#include "report/made_up_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "espalier/mask.h"
#include "espalier/safetensors.h"
#include "store/tables/ensemble_fact.h"

namespace espalier::report {
namespace {

constexpr const char* kRecipe = R"([model]
network = "lenet-300-100"

[data]
dataset = "fashion-mnist"
validation = 5000

[train]
steps = "20ep"
batch_size = 60
optimizer = {name = "adam", learning_rate = 0.0012}

[prune]
granularity = "element"
criterion = "magnitude"
scope = "layer-wise"
rounds = 15
rate = 0.2
output_layer_rate = 0.1

[retrain]
mode = "rewind-weights"
to = "0it"

[experiment]
seed = 1
replicates = 2
controls = ["reinitialize", "random-mask"]
evaluate_every = "100it"
)";

constexpr const char* kArms = R"(
[arms.one-shot]
prune.one_shot = true
[arms.rewind-500]
retrain.to = "500it"
[arms.rewind-2000]
retrain.to = "2000it"
[arms.learning-rate]
retrain.mode = "rewind-learning-rate"
[arms.fine-tune]
retrain.mode = "fine-tune"
)";
constexpr const char* kTradeoffArms = R"(
[arms.l2-no-retraining]
retrain.mode = "none"
[arms.l1-no-retraining]
retrain.mode = "none"
regularize.l1 = 1e-5
[arms.l1-retrained]
regularize.l1 = 1e-5
[arms.l2-retrained]
prune.one_shot = true
[arms.dropout]
regularize.dropout = 0.5
)";

struct Layer {
    const char* name;
    std::int64_t rows, columns;
    double rate;
};
constexpr Layer kLayers[] = {
    {"fc1.weight", 300, 784, 0.2}, {"fc2.weight", 100, 300, 0.2}, {"fc3.weight", 10, 100, 0.1}};

std::vector<store::LayerCount> layers_at(int level, int shrink) {
    std::vector<store::LayerCount> layers;
    for (const Layer& layer : kLayers) {
        const std::int64_t total = std::max<std::int64_t>(1, layer.rows / shrink) * layer.columns;
        std::int64_t left = total;
        for (int round = 0; round < level; ++round) {
            left -= static_cast<std::int64_t>(std::floor(layer.rate * static_cast<double>(left)));
        }
        layers.push_back({layer.name, left, total, 1});
    }
    return layers;
}

/// Up a little while there is too much, down when there is too little; controls fall earlier.
double accuracy_of(const std::string& arm, double share, double control_loss) {
    const double depth = -std::log(share);
    const double ticket =
        0.892 + 0.0035 * std::sin(std::min(depth, 3.4) * 0.9) - 0.004 * std::max(0.0, depth - 3.0);
    if (arm == "ticket") return ticket;
    constexpr std::pair<const char*, double> kFalls[] = {
        {"reinitialize", 0.0046}, {"random-mask", 0.0068},       {"one-shot", 0.0025},
        {"rewind-500", -0.0006},  {"rewind-2000", -0.001},       {"learning-rate", -0.0008},
        {"fine-tune", 0.0018},    {"reinitialize-signs", 0.003}, {"constant-signs", 0.002},
        {"shuffled-mask", 0.006}, {"l2-no-retraining", 0.05},    {"l1-no-retraining", 0.03},
        {"l1-retrained", 0.004},  {"l2-retrained", 0.002},       {"dropout", 0.003}};
    const auto* const fall =
        std::find_if(std::begin(kFalls), std::end(kFalls), [&](const auto& one) { return arm == one.first; });
    const double slope = (fall == std::end(kFalls) ? 0.0068 : fall->second) * control_loss;
    return ticket - slope * std::pow(std::max(0.0, depth - 0.7), 1.35);
}

store::Stage made_up_stage(const std::string& arm, int level, int replicate, const MadeUp& options) {
    Random random(1, fmt::format("{} {} {}", arm, level, replicate));
    store::Stage stage;
    stage.hash = fmt::format("{}-{}-{}", arm, level, replicate);
    stage.parent = level == 0 ? "" : fmt::format("ticket-{}-{}", level - 1, replicate);
    stage.arm = arm;
    stage.level = level;
    stage.replicate = replicate;
    stage.layers = layers_at(level, options.shrink);
    for (std::size_t i = 0; options.widths && i < stage.layers.size(); ++i) {
        store::LayerCount& layer = stage.layers[i];
        layer.width_total = kLayers[i].rows;
        layer.width = layer.width_total * layer.left / layer.total;
    }
    const double share =
        static_cast<double>(stage.weights_left()) / static_cast<double>(stage.weights_total());
    const double accuracy = accuracy_of(arm, share, options.control_loss) + 0.0009 * random.normal();
    const double depth = -std::log(share);
    const double hurry = arm == "ticket" ? 1 - 0.38 * std::sin(std::min(depth, 3.4) * 0.92) : 1 + 0.2 * depth;
    stage.last_step = 18340;
    stage.best_step = static_cast<std::int64_t>(7400 * hurry + 300 * random.normal()) / 100 * 100;
    stage.best_validation_loss = 0.31 + 0.9 * (0.895 - accuracy);
    stage.best_validation_accuracy = accuracy - 0.002 + 0.0005 * random.normal();
    stage.best_test_accuracy = accuracy - 0.009 + 0.0007 * random.normal();
    stage.validation_accuracy = accuracy;
    stage.validation_loss = stage.best_validation_loss + 0.06;
    stage.test_accuracy = accuracy - 0.006 + 0.0006 * random.normal();
    stage.test_loss = stage.validation_loss + 0.02;
    stage.seconds = 21.5;
    const double closed = (arm == "dropout" ? 0.5 : 1) / (1 + 0.3 * depth);
    stage.train_accuracy = stage.test_accuracy + 0.08 * closed + 0.001 * random.normal();
    for (std::int64_t step = 0; step <= stage.last_step; step += 1000) {
        stage.curve.push_back({step, 0.4, accuracy, 0.3});
    }
    return stage;
}

void add_latencies(store::Run& run, const MadeUp& options) {
    for (int level = 0; level < options.levels; ++level) {
        const auto layers = layers_at(level, 1);
        double left = 0;
        for (const auto& layer : layers) left += static_cast<double>(layer.left);
        for (const auto& [batch, dense] : {std::pair<std::int64_t, double>{1, 0.041}, {128, 0.61}}) {
            Random random(2, fmt::format("{} {}", level, batch));
            const double share = left / 266200;
            // From about a third left on the sparse kernels win; before, the dense ones are chosen.
            const double sparse = dense * std::min(1.0, 0.07 + 2.4 * share) * (1 + 0.015 * random.normal());
            const double full = dense * (1 + 0.012 * random.normal());
            const double noise = 0.03 + 0.04 * random.uniform();
            run.add(store::Latency{
                level, 0, batch, 2, sparse, sparse * (1 - noise / 2), sparse * (1 + noise), full, full * 0.98,
                full * 1.05, static_cast<std::int64_t>(3000 + std::min(4 * 266200.0, 6.0 * left)), 0.88,
                share > 0.4 ? "fc1 dense (oneDNN), fc2 dense (oneDNN), fc3 dense (oneDNN)"
                            : "fc1 spmm_f32_panel, fc2 spmm_f32_panel, fc3 dense (oneDNN)"});
        }
    }
}

/// Layers hold until a point of their own, then fall.
void add_sensitivities(store::Run& run, const MadeUp& options) {
    std::vector<store::Sensitivity> points;
    for (int replicate = 0; replicate < options.replicates; ++replicate) {
        double holds = 0.9;
        for (const Layer& layer : kLayers) {
            for (const double sparsity : {0.0, 0.5, 0.8, 0.9, 0.95, 0.98}) {
                const double fall = std::max(0.0, sparsity - holds) * (4 + replicate);
                points.push_back({layer.name, replicate, sparsity, 0.3 + fall, std::max(0.1, 0.89 - fall)});
            }
            holds -= 0.15;
        }
    }
    run.set_sensitivities(points);
}

/// More is worth keeping in the middle of an image than at its edge.
float brightness(std::int64_t pixel) {
    const float row = static_cast<float>(pixel / 28) - 13.5F;
    const float column = static_cast<float>(pixel % 28) - 13.5F;
    return std::exp(-(row * row + 1.6F * column * column) / 160);
}

prune::MaskSet masks_of(const NamedTensors& tensors) {
    prune::MaskSet masks;
    for (const auto& [name, tensor] : tensors) {
        prune::Mask mask(tensor.shape());
        const auto weights = tensor.f32();
        for (std::size_t i = 0; i < weights.size(); ++i) {
            if (weights[i] == 0) mask.set(static_cast<std::int64_t>(i), false);
        }
        masks.insert(name, std::move(mask));
    }
    return masks;
}

/// A hill along the line that is lower the later the copies part.
void add_stabilities(store::Run& run, const MadeUp& options) {
    for (int replicate = 0; replicate < options.replicates; ++replicate) {
        for (const int level : {0, 9}) {
            for (const std::int64_t step : {0, 100, 500, 2000}) {
                Random random(5, fmt::format("{} {} {}", level, step, replicate));
                store::Stability one{
                    fmt::format("stability-{}-{}-{}", level, step, replicate), level, replicate, step, {}};
                const double height = (0.05 + 0.01 * random.normal()) / (1 + static_cast<double>(step) / 150);
                for (int i = 0; i < 30; ++i) {
                    const double alpha = i / 29.0;
                    const double hill = height * 4 * alpha * (1 - alpha);
                    one.points.push_back({alpha, 0.04 + hill, 0.11 + hill});
                }
                run.add(one);
            }
        }
    }
}

/// Each round cuts the least magnitudes; what survives grows a little, and few change their sign.
void write_weights(const store::Run& run, const MadeUp& options, int replicate) {
    NamedTensors tensors;
    for (const Layer& layer : kLayers) {
        Tensor weights(DType::f32, {std::max<std::int64_t>(1, layer.rows / options.shrink), layer.columns});
        Random random(3, fmt::format("{} {}", layer.name, replicate));
        const float scale = std::sqrt(2.0F / static_cast<float>(layer.rows + layer.columns));
        std::int64_t at = 0;
        for (float& weight : weights.f32()) {
            const std::int64_t column = at++ % layer.columns;
            weight = scale * random.normal() * (0.6F + random.uniform());
            if (layer.columns == 784) weight *= brightness(column);
        }
        tensors.emplace(layer.name, std::move(weights));
    }
    const auto folder = [&](int level) {
        return run.stage_folder(fmt::format("ticket-{}-{}", level, replicate));
    };
    write_safetensors(folder(0) / "step-0.safetensors", tensors);
    for (int level = 0; level < options.levels; ++level) {
        write_safetensors(folder(level) / "weights.safetensors", tensors);
        prune::save(folder(level) / "masks.safetensors", masks_of(tensors));
        for (const store::LayerCount& next : layers_at(level + 1, options.shrink)) {
            const std::span<float> weights = tensors.find(next.name)->second.f32();
            std::vector<float> order(weights.begin(), weights.end());
            std::transform(order.begin(), order.end(), order.begin(),
                           [](float weight) { return std::abs(weight); });
            const auto threshold = order.begin() + static_cast<std::ptrdiff_t>(weights.size()) - next.left;
            std::nth_element(order.begin(), threshold, order.end());
            Random random(4, fmt::format("{} {}", next.name, level));
            for (float& weight : weights) {
                weight = std::abs(weight) < *threshold ? 0 : weight * (1.05F + 0.08F * random.normal());
                if (random.uniform() < 0.004F) weight = -weight;
            }
        }
    }
}

/// Together networks are right more often than each.
void add_ensembles(store::Run& run, const MadeUp& options) {
    const auto add = [&](const store::EnsembleFact& fact) {
        const auto [key, value] = store::to_fact(fact);
        run.set_fact(key, value);
    };
    for (int level = 0; level < options.levels; ++level) {
        const double each = 0.886 - 0.0003 * level;
        add({level, -1, options.replicates, each + 0.012, each, 0.33});
    }
    add({-1, 0, options.levels - 1, 0.893, 0.884, 0.35});
}

/// A mask that moves has used more than it keeps.
void write_explored(const store::Run& run, const MadeUp& options) {
    for (int replicate = 0; replicate < options.replicates; ++replicate) {
        prune::MaskSet masks;
        for (const Layer& layer : kLayers) {
            prune::Mask mask({std::max<std::int64_t>(1, layer.rows / options.shrink), layer.columns}, false);
            for (std::int64_t i = replicate; i < mask.count(); i += 2) mask.set(i, true);
            masks.insert(layer.name, std::move(mask));
        }
        prune::save(run.stage_folder(fmt::format("fine-tune-1-{}", replicate)) / "explored.safetensors",
                    masks);
    }
}

}  // namespace

store::Run make_up_run(const std::filesystem::path& folder, const MadeUp& options) {
    store::Run run = store::Run::create(
        folder, std::string(kRecipe) + (options.arms ? kArms : "") + (options.tradeoff ? kTradeoffArms : ""));
    std::vector<std::string> arms{"ticket"};
    if (options.arms)
        arms.insert(arms.end(), {"one-shot", "rewind-500", "rewind-2000", "learning-rate", "fine-tune"});
    if (options.tradeoff)
        arms.insert(arms.end(),
                    {"l2-no-retraining", "l1-no-retraining", "l1-retrained", "l2-retrained", "dropout"});
    std::vector<std::string> controls;
    if (options.controls) controls = {"reinitialize", "random-mask"};
    if (options.arms)
        controls.insert(controls.end(), {"reinitialize-signs", "constant-signs", "shuffled-mask"});
    for (int replicate = 0; replicate < options.replicates; ++replicate) {
        for (int level = 0; level < options.levels; ++level) {
            for (const std::string& arm : arms) run.add(made_up_stage(arm, level, replicate, options));
            if (level == 0 || (level % 3 != 1 && level + 2 < options.levels)) continue;
            for (const std::string& arm : controls) run.add(made_up_stage(arm, level, replicate, options));
        }
        if (options.weights) write_weights(run, options, replicate);
    }
    if (options.latencies) add_latencies(run, options);
    if (options.sensitivities) add_sensitivities(run, options);
    if (options.stability) add_stabilities(run, options);
    if (options.arms) add_ensembles(run, options);
    if (options.arms && options.weights) write_explored(run, options);
    run.set_fact("network", "lenet-300-100");
    run.set_fact("dataset", "fashion-mnist");
    run.set_fact("machine", "invented machine, 2 cores");
    run.set_fact("commit", "0123abc");
    run.set_fact("started", "2024-05-01 10:00 UTC");
    if (options.tradeoff) run.set_fact("study", "tradeoff");
    return run;
}

}  // namespace espalier::report
