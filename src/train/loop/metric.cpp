#include "train/loop/metric.h"
#include "train/libtorch/torch.h"

#include <algorithm>
#include <optional>

#include "train/executor/executor.h"
#include "train/loop/batches.h"
#include "train/loop/evaluation.h"

namespace espalier::train {

bool need_original(const std::vector<std::string>& names) {
    return std::ranges::any_of(names,
                               [](const std::string& name) { return metrics().get(name).needs_original; });
}

std::vector<double> measure(const std::vector<std::string>& names, const Graph& graph, const Weights& weights,
                            const Graph* original, const data::Examples& examples,
                            const data::Normalization& normalization, int threads) {
    if (need_original(names) && original == nullptr)
        throw InvalidArgument("a metric compares with the original network, and there is none");
    return translate([&] {
        set_threads(threads);
        const at::NoGradGuard no_grad;
        Executor executor(graph, weights);
        std::optional<Executor> compared;
        if (original != nullptr) compared.emplace(*original, Weights());
        Batches batches(examples, normalization, kEvaluationBatch, 0);
        std::vector<double> sums(names.size());
        for (std::int64_t begin = 0; begin < examples.count(); begin += kEvaluationBatch) {
            const Batch batch = batches.range(begin, std::min(begin + kEvaluationBatch, examples.count()));
            const at::Tensor outputs = executor.forward(batch.images);
            const at::Tensor theirs = compared ? compared->forward(batch.images) : at::Tensor();
            for (std::size_t i = 0; i < names.size(); ++i) {
                const at::Tensor each = metrics().get(names[i]).each({outputs, batch.labels, theirs});
                sums[i] += each.sum(at::kDouble).item<double>();
            }
        }
        const auto count = static_cast<double>(std::max<std::int64_t>(1, examples.count()));
        for (double& sum : sums) sum /= count;
        return sums;
    });
}

}  // namespace espalier::train
