#include "report/made_up_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "espalier/safetensors.h"

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
    const double slope = (arm == "reinitialize" ? 0.0046 : 0.0068) * control_loss;
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
                points.push_back({layer.name, replicate, sparsity, 0.3 + fall, 0.89 - fall});
            }
            holds -= 0.15;
        }
    }
    run.set_sensitivities(points);
}

/// Each round cuts the least magnitudes; what survives grows a little.
void write_weights(const store::Run& run, const MadeUp& options) {
    NamedTensors tensors;
    for (const Layer& layer : kLayers) {
        Tensor weights(DType::f32, {std::max<std::int64_t>(1, layer.rows / options.shrink), layer.columns});
        Random random(3, layer.name);
        const float scale = std::sqrt(2.0F / static_cast<float>(layer.rows + layer.columns));
        for (float& weight : weights.f32()) weight = scale * random.normal() * (0.6F + random.uniform());
        tensors.emplace(layer.name, std::move(weights));
    }
    for (int level = 0; level < options.levels; ++level) {
        write_safetensors(run.stage_folder(fmt::format("ticket-{}-0", level)) / "weights.safetensors",
                          tensors);
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
            }
        }
    }
}

}  // namespace

store::Run make_up_run(const std::filesystem::path& folder, const MadeUp& options) {
    store::Run run = store::Run::create(folder, kRecipe);
    for (int replicate = 0; replicate < options.replicates; ++replicate) {
        for (int level = 0; level < options.levels; ++level) {
            run.add(made_up_stage("ticket", level, replicate, options));
            if (!options.controls || level == 0 || (level % 3 != 1 && level + 2 < options.levels)) continue;
            run.add(made_up_stage("reinitialize", level, replicate, options));
            run.add(made_up_stage("random-mask", level, replicate, options));
        }
    }
    if (options.latencies) add_latencies(run, options);
    if (options.sensitivities) add_sensitivities(run, options);
    if (options.weights) write_weights(run, options);
    run.set_fact("network", "lenet-300-100");
    run.set_fact("dataset", "fashion-mnist");
    run.set_fact("machine", "invented machine, 2 cores");
    run.set_fact("commit", "0123abc");
    run.set_fact("started", "2024-05-01 10:00 UTC");
    return run;
}

}  // namespace espalier::report
