#include "bench/peak_memory.h"

#include <malloc.h>

#include <fstream>

#include "bench/random_data.h"
#include "espalier/models.h"
#include "train/loop/trainer.h"

namespace espalier::bench {
namespace {

constexpr int kSteps = 3;

/// A line of /proc/self/status, in KB.
double status(const std::string& key) {
    std::ifstream file("/proc/self/status");
    std::string word;
    while (file >> word) {
        if (word != key) continue;
        double kilobytes = 0;
        file >> kilobytes;
        return kilobytes;
    }
    throw Error("/proc/self/status has no " + key);
}

double peak_of(const train::Job& job) {
    ::malloc_trim(0);
    std::ofstream peak("/proc/self/clear_refs");
    if (!(peak << 5 << std::flush)) throw Error("/proc/self/clear_refs: the peak cannot begin anew");
    const double before = status("VmRSS:");
    train::run(job);
    return status("VmHWM:") - before;
}

double peak_of(const Graph& graph, const prune::MaskSet* masks, std::int64_t batch) {
    const data::Dataset dataset = random_pictures(kSteps * batch);
    Recipe recipe;
    recipe.train.batch_size = batch;
    recipe.train.optimizer = {.name = "adam", .learning_rate = 0.001};
    recipe.experiment.evaluate_every = {1000, 0};
    train::Job job{.graph = graph, .dataset = dataset, .recipe = recipe, .weights = {}, .last_step = kSteps};
    job.masks = masks;
    peak_of(job);  // what libraries keep for shapes
    return peak_of(job);
}

}  // namespace

double memory_at_10_percent(const std::string& network) {
    const Graph graph = models::build(network, {.example_shape = {3, 32, 32}});
    const prune::MaskSet masks = masks_with(graph, 0.1);
    // What a batch of 4 takes more than one of 2 is two examples' activations.
    const auto without_activations = [&](const prune::MaskSet* own) {
        const double two = peak_of(graph, own, 2);
        return two - (peak_of(graph, own, 4) - two);
    };
    return without_activations(&masks) / without_activations(nullptr);
}

}  // namespace espalier::bench
