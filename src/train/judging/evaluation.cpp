#include "train/judging/evaluation.h"

#include <algorithm>
#include <cstring>

#include "train/judging/metric.h"
#include "train/ranks/ranks.h"

namespace espalier::train {

namespace {

/// Of one batch: the loss of all its rows, how many those are, and the sums of the score.
using Part = std::vector<double>;

constexpr std::size_t kLoss = 0;
constexpr std::size_t kRows = 1;
constexpr std::size_t kSums = 2;

Part part_of(Executor& executor, const LossFunction& loss, const Metric& score, const Batch& batch) {
    const at::Tensor outputs = executor.forward(batch.inputs);
    const at::Tensor rows = loss.rows(outputs, batch.targets);
    const at::Tensor targets = target_rows(batch.targets);
    const auto count = static_cast<double>(targets.size(0));
    Part part{loss.evaluate(outputs, batch.targets).item<double>() * count, count};
    const std::vector<double> sums = MetricSum::of(score, {rows, targets, {}});
    part.insert(part.end(), sums.begin(), sums.end());
    return part;
}

/// The parts of all ranks, where each has computed every size()-th. The first has the first, so it knows how
/// long they are.
void exchange(std::vector<Part>& parts, Ranks& ranks) {
    const auto size = static_cast<std::size_t>(ranks.size());
    std::string own;
    for (const Part& part : parts)
        own.append(reinterpret_cast<const char*>(part.data()), part.size() * sizeof(double));
    const std::vector<std::string> all = ranks.gather(own);
    const std::size_t of_first = (parts.size() + size - 1) / size;
    const std::size_t length = all[0].size() / std::max<std::size_t>(1, of_first);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        parts[i].resize(length / sizeof(double));
        std::memcpy(parts[i].data(), all[i % size].data() + i / size * length, length);
    }
}

}  // namespace

std::int64_t evaluation_batch(const data::Examples& examples) {
    constexpr std::int64_t kMost = 500, kMostBytes = std::int64_t{64} << 20;
    std::int64_t bytes = 1;
    for (const data::Input& input : examples.inputs) {
        const std::int64_t width = input.batch_dtype() == DType::i64 ? 8 : 4;
        bytes += width * element_count(input.example_shape());
    }
    return std::clamp<std::int64_t>(kMostBytes / bytes, 1, kMost);
}

Evaluated evaluate_with(Executor& executor, const LossFunction& loss, Batches& batches, std::int64_t count,
                        Ranks* ranks) {
    const at::NoGradGuard no_grad;
    const Metric& score = score_of(batches.examples());
    const std::int64_t together = evaluation_batch(batches.examples());
    std::vector<Part> parts(static_cast<std::size_t>((count + together - 1) / together));
    const int size = ranks == nullptr ? 1 : ranks->size();
    for (auto i = static_cast<std::size_t>(size == 1 ? 0 : ranks->rank()); i < parts.size();
         i += static_cast<std::size_t>(size)) {
        const std::int64_t begin = static_cast<std::int64_t>(i) * together;
        parts[i] = part_of(executor, loss, score, batches.range(begin, std::min(begin + together, count)));
    }
    if (size > 1) exchange(parts, *ranks);
    double total = 0;
    double rows = 0;
    MetricSum sums(score);
    for (const Part& part : parts) {
        total += part[kLoss];
        rows += part[kRows];
        sums.add(std::span(part).subspan(kSums));
    }
    return {total / rows, sums.value(rows)};
}

Weights with_statistics(const Graph& graph, const Weights& weights, const data::Dataset& dataset,
                        const Recipe& recipe, std::int64_t batches, std::uint64_t seed) {
    if (buffers(graph).empty()) return weights;
    return translate([&] {
        set_threads(1);
        const at::NoGradGuard no_grad;
        Executor executor(graph, weights);
        Batches train(dataset.train, dataset.normalization, recipe.train.batch_size, seed);
        for (std::int64_t step = 0; step < batches; ++step)
            executor.forward(train.at(step).inputs, {.training = true, .seed = seed, .step = step});
        return executor.weights();
    });
}

Evaluated evaluate(const Graph& graph, const Weights& weights, const data::Examples& examples,
                   const data::Normalization& normalization, const Recipe& recipe, int threads) {
    return translate([&] {
        set_threads(threads);
        const LossFunction loss(recipe);
        Executor executor(graph, weights, loss.input_of(graph));
        Batches batches(examples, normalization, evaluation_batch(examples), 0);
        return evaluate_with(executor, loss, batches, examples.count());
    });
}

Tensor predict(const Graph& graph, const Weights& weights, const data::Examples& examples,
               const data::Normalization& normalization, int threads, const std::string& output) {
    return translate([&] {
        set_threads(threads);
        const at::NoGradGuard no_grad;
        Executor executor(graph, weights, output);
        const std::int64_t together = evaluation_batch(examples);
        Batches batches(examples, normalization, together, 0);
        std::vector<at::Tensor> parts;
        for (std::int64_t begin = 0; begin < examples.count(); begin += together) {
            parts.push_back(
                executor.forward(batches.range(begin, std::min(begin + together, examples.count())).inputs));
        }
        return from_torch(at::cat(parts));
    });
}

}  // namespace espalier::train
