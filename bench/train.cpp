// One epoch of LeNet-300-100 on random images, batch 128, 60,000 examples, as a share of the machine's FMA
// peak measured in the same run. 1 and 2 threads take turns, and every epoch stands beside its own
// measurement of the peak. Then steps of convolutional networks, dense and sparse.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/random.h"
#include "bench/conv_steps.h"
#include "bench/fma_peak.h"
#include "bench/peak_memory.h"
#include "bench/random_data.h"
#include "bench/torch_resnet20.h"
#include "espalier/models.h"
#include "kernels/instruction_set.h"
#include "train/libtorch/start.h"
#include "train/loop/trainer.h"

namespace {

using namespace espalier;
using bench::masks_with;
using bench::median;
using bench::random_examples;

constexpr std::int64_t kExamples = 60000;
constexpr int kRepeats = 5;

double flops_of_epoch(const Graph& graph) {
    double flops = 0;
    bool first = true;
    for (const std::string& name : prunable_weights(graph)) {
        // Forward, gradient of the weight, and gradient of the input, which the first layer does without.
        flops += (first ? 2.0 : 3.0) * 2.0 * static_cast<double>(graph.initializers.at(name).count());
        first = false;
    }
    return flops * static_cast<double>(kExamples);
}

/// Time of an epoch on one thread, dense over sparse, at each share of the weights; they take turns.
std::vector<double> sparse_speedups(const train::Job& dense, const std::vector<double>& shares) {
    std::vector<std::vector<double>> ratios(shares.size());
    for (int repeat = 0; repeat <= kRepeats; ++repeat) {
        const double seconds = train::run(dense).seconds;
        for (std::size_t i = 0; i < shares.size(); ++i) {
            const prune::MaskSet masks = masks_with(dense.graph, shares[i]);
            train::Job sparse = dense;
            sparse.masks = &masks;
            const double ratio = seconds / train::run(sparse).seconds;
            if (repeat > 0) ratios[i].push_back(ratio);
        }
    }
    std::vector<double> medians;
    for (const auto& one : ratios) medians.push_back(median(one));
    return medians;
}

constexpr std::int64_t kResnetSteps = 8;
constexpr std::int64_t kResnetBatch = 128;
constexpr int kResnetThreads = 2;

/// Seconds of a step, without what happens before the first and after the last; `run` gives those of so many.
template <class Run>
double step_seconds(const Run& run) {
    const double one = run(1);
    return (run(1 + kResnetSteps) - one) / static_cast<double>(kResnetSteps);
}

/// Of a step by LibTorch's own modules.
double torch_seconds() {
    const data::Dataset dataset = bench::random_pictures((1 + kResnetSteps) * kResnetBatch);
    return step_seconds([&](std::int64_t steps) {
        return bench::torch_resnet20_seconds(dataset.train, kResnetBatch, steps, kResnetThreads);
    });
}

constexpr const char* kTorchAlone = "--torch-resnet-20";

/// The same in a program that LibTorch has as it comes: without the environment and the allocator that
/// train::start() gives this one.
double torch_seconds_alone() {
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
    const std::string command = fmt::format(
        "env -u GLIBC_TUNABLES -u GOMP_SPINCOUNT -u OPENBLAS_CORETYPE '{}' {}", program, kTorchAlone);
    FILE* pipe = ::popen(command.c_str(), "r");  // NOLINT(cert-env33-c): this program itself
    double seconds = 0;
    if (pipe == nullptr || std::fscanf(pipe, "%lf", &seconds) != 1 || ::pclose(pipe) != 0)
        throw Error(fmt::format("{} gave no time", command));
    return seconds;
}

struct TorchRatios {
    double alone, beside;
};

/// Steps of ResNet-20 on 32x32 pictures, batch 128, two threads: time with LibTorch's own modules, in a
/// program of its own and in this one, over time here; they take turns.
TorchRatios resnet20_speedups() {
    const data::Dataset dataset = bench::random_pictures((1 + kResnetSteps) * kResnetBatch);
    Recipe recipe;
    recipe.train.batch_size = kResnetBatch;
    recipe.train.optimizer = {.name = "sgd", .learning_rate = 0.1, .momentum = 0.9, .weight_decay = 1e-4};
    recipe.experiment.evaluate_every = {1000, 0};
    const Graph graph = models::build("resnet-20", {.example_shape = {3, 32, 32}});
    std::vector<double> alone;
    std::vector<double> beside;
    for (int repeat = 0; repeat <= kRepeats; ++repeat) {
        const double in_own_program = torch_seconds_alone();
        const double here = torch_seconds();
        const double ours = step_seconds([&](std::int64_t steps) {
            return train::run({.graph = graph,
                               .dataset = dataset,
                               .recipe = recipe,
                               .weights = {},
                               .last_step = steps,
                               .threads = kResnetThreads})
                .seconds;
        });
        if (repeat == 0) continue;  // warms up
        alone.push_back(in_own_program / ours);
        beside.push_back(here / ours);
    }
    return {median(alone), median(beside)};
}

/// Convolutional steps at 10 and 5 percent of the weights, and at 10 under masks that move, over own dense.
nlohmann::ordered_json conv_keys(const std::vector<std::string>& networks) {
    nlohmann::ordered_json out;
    for (const std::string& name : networks) {
        std::string key = name;
        std::erase(key, '-');
        // A step of VGG-16 takes as long as eight of ResNet-20.
        const bench::ConvSteps steps = bench::conv_steps(name, {0.1, 0.05}, name == "vgg-16" ? 2 : 8);
        out["conv_dense_step_seconds_" + key] = steps.dense_seconds;
        out["conv_step_speedup_at_10_percent_" + key] = steps.speedups[0];
        out["conv_step_speedup_at_5_percent_" + key] = steps.speedups[1];
        out["conv_step_speedup_moving_masks_at_10_percent_" + key] = steps.moving_speedup;
    }
    return out;
}

struct Sample {
    std::vector<double> seconds;
    std::vector<double> fractions;  // of the peak of as many threads
};

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::strcmp(argv[1], kTorchAlone) == 0) {
        torch_seconds();  // warms up
        std::cout << torch_seconds() << '\n';
        return 0;
    }
    train::start(argv);  // as espalier-train does
    const bool json = argc > 1 && std::strcmp(argv[1], "--json") == 0;
    if (argc > 1 && std::strcmp(argv[1], "--torch") == 0) {  // the two ratios alone
        const TorchRatios ratios = resnet20_speedups();
        std::cout << ratios.alone << ' ' << ratios.beside << '\n';
        return 0;
    }
    if (argc > 2 && std::strcmp(argv[1], "--memory") == 0) {  // --memory vgg-16
        std::cout << bench::memory_at_10_percent(argv[2]) << '\n';
        return 0;
    }
    if (argc > 2 && std::strcmp(argv[1], "--conv") == 0) {  // --conv resnet-20: its steps alone
        std::cout << conv_keys({argv[2]}).dump(2) << '\n';
        return 0;
    }
    Random random(1, "bench");
    data::Dataset dataset{.name = "random",
                          .train = random_examples(kExamples, random),
                          .validation = random_examples(1, random),
                          .test = random_examples(1, random),
                          .normalization = {{0.5F}, {0.25F}},
                          .classes = 10};
    Recipe recipe;
    recipe.train.batch_size = 128;
    recipe.experiment.evaluate_every = {1000, 0};  // no evaluation within the epoch
    const Graph graph = models::build("lenet-300-100");
    const double flops = flops_of_epoch(graph);

    Sample samples[2];
    for (int repeat = 0; repeat <= kRepeats; ++repeat) {  // the first warms up
        for (int threads = 1; threads <= 2; ++threads) {
            const double before = bench::fma_peak(threads);
            const train::Outcome outcome =
                train::run({.graph = graph,
                            .dataset = dataset,
                            .recipe = recipe,
                            .weights = {},
                            .last_step = data::steps_per_epoch(kExamples, recipe.train.batch_size),
                            .threads = threads});
            const double peak = (before + bench::fma_peak(threads)) / 2;
            if (repeat == 0) continue;
            samples[threads - 1].seconds.push_back(outcome.seconds);
            samples[threads - 1].fractions.push_back(flops / outcome.seconds / peak);
        }
    }
    const std::vector<double> sparse =
        sparse_speedups({.graph = graph,
                         .dataset = dataset,
                         .recipe = recipe,
                         .weights = {},
                         .last_step = data::steps_per_epoch(kExamples, recipe.train.batch_size)},
                        {0.25, 0.1, 0.036});
    nlohmann::ordered_json out = {
        {"instruction_set", kernels::instruction_sets().front()},
        {"epoch_seconds_1_thread", median(samples[0].seconds)},
        {"epoch_seconds_2_threads", median(samples[1].seconds)},
        {"fma_peak_fraction_1_thread", median(samples[0].fractions)},
        {"fma_peak_fraction_2_threads", median(samples[1].fractions)},
        {"speedup_of_2_threads", median(samples[0].seconds) / median(samples[1].seconds)},
        {"step_speedup_at_25_percent", sparse[0]},
        {"step_speedup_at_10_percent", sparse[1]},
        {"step_speedup_at_3_6_percent", sparse[2]},
    };
    const TorchRatios ratios = resnet20_speedups();
    out["resnet20_speedup_over_torch_nn"] = ratios.alone;
    out["resnet20_speedup_over_torch_nn_in_one_program"] = ratios.beside;
    const bool without = argc > 2 && std::strcmp(argv[2], "--no-conv") == 0;
    if (!without) out.update(conv_keys({"resnet-20", "vgg-16"}));
    if (!without) out["memory_at_10_percent_vgg16"] = bench::memory_at_10_percent("vgg-16");
    if (json) {
        std::cout << out.dump(2) << '\n';
        return 0;
    }
    for (const auto& [key, value] : out.items()) {
        std::cout << (value.is_string() ? fmt::format("{:56} {}\n", key, value.get<std::string>())
                                        : fmt::format("{:56} {:.3f}\n", key, value.get<double>()));
    }
    return 0;
}
