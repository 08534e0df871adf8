#include "train/loop/evaluation.h"

#include <algorithm>

namespace espalier::train {

Evaluated evaluate_with(Executor& executor, const LossFunction& loss, Batches& batches, std::int64_t count) {
    const at::NoGradGuard no_grad;
    double loss_sum = 0;
    std::int64_t correct = 0;
    for (std::int64_t begin = 0; begin < count; begin += kEvaluationBatch) {
        const std::int64_t end = std::min(begin + kEvaluationBatch, count);
        const Batch batch = batches.range(begin, end);
        const at::Tensor outputs = executor.forward(batch.images);
        loss_sum += loss.evaluate(outputs, batch.labels).item<double>() * static_cast<double>(end - begin);
        correct += outputs.argmax(1).eq(batch.labels).sum().item<std::int64_t>();
    }
    const auto total = static_cast<double>(count);
    return {loss_sum / total, static_cast<double>(correct) / total};
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
