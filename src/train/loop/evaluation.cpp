#include "train/loop/evaluation.h"

#include <algorithm>
#include <cstring>

#include "train/ranks/ranks.h"

namespace espalier::train {

namespace {

/// Of one batch.
struct Part {
    double loss = 0;  // of all its examples
    std::int64_t correct = 0;
};

/// The parts of all ranks, where each has computed every size()-th.
void exchange(std::vector<Part>& parts, Ranks& ranks) {
    std::string own(reinterpret_cast<const char*>(parts.data()), parts.size() * sizeof(Part));
    const std::vector<std::string> all = ranks.gather(own);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::string& from = all[i % all.size()];
        std::memcpy(&parts[i], from.data() + i * sizeof(Part), sizeof(Part));
    }
}

}  // namespace

Evaluated evaluate_with(Executor& executor, const LossFunction& loss, Batches& batches, std::int64_t count,
                        Ranks* ranks) {
    const at::NoGradGuard no_grad;
    std::vector<Part> parts(static_cast<std::size_t>((count + kEvaluationBatch - 1) / kEvaluationBatch));
    const int size = ranks == nullptr ? 1 : ranks->size();
    for (auto i = static_cast<std::size_t>(size == 1 ? 0 : ranks->rank()); i < parts.size();
         i += static_cast<std::size_t>(size)) {
        const std::int64_t begin = static_cast<std::int64_t>(i) * kEvaluationBatch;
        const std::int64_t end = std::min(begin + kEvaluationBatch, count);
        const Batch batch = batches.range(begin, end);
        const at::Tensor outputs = executor.forward(batch.images);
        parts[i] = {
            .loss = loss.evaluate(outputs, batch.labels).item<double>() * static_cast<double>(end - begin),
            .correct = outputs.argmax(1).eq(batch.labels).sum().item<std::int64_t>()};
    }
    if (size > 1) exchange(parts, *ranks);
    Part sum;
    for (const Part& part : parts) {
        sum.loss += part.loss;
        sum.correct += part.correct;
    }
    const auto total = static_cast<double>(count);
    return {sum.loss / total, static_cast<double>(sum.correct) / total};
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
            executor.forward(train.at(step).images, {.training = true, .seed = seed, .step = step});
        return executor.weights();
    });
}

Evaluated evaluate(const Graph& graph, const Weights& weights, const data::Examples& examples,
                   const data::Normalization& normalization, const Recipe& recipe, int threads) {
    return translate([&] {
        set_threads(threads);
        const LossFunction loss(recipe);
        Executor executor(graph, weights, loss.input_of(graph));
        Batches batches(examples, normalization, kEvaluationBatch, 0);
        return evaluate_with(executor, loss, batches, examples.count());
    });
}

Tensor predict(const Graph& graph, const Weights& weights, const data::Examples& examples,
               const data::Normalization& normalization, int threads) {
    return translate([&] {
        set_threads(threads);
        const at::NoGradGuard no_grad;
        Executor executor(graph, weights);
        Batches batches(examples, normalization, kEvaluationBatch, 0);
        std::vector<at::Tensor> parts;
        for (std::int64_t begin = 0; begin < examples.count(); begin += kEvaluationBatch) {
            parts.push_back(executor.forward(
                batches.range(begin, std::min(begin + kEvaluationBatch, examples.count())).images));
        }
        return from_torch(at::cat(parts));
    });
}

}  // namespace espalier::train
