#include "train/judging/metric.h"
#include "train/libtorch/torch.h"

#include <algorithm>
#include <optional>

#include "train/executor/executor.h"
#include "train/judging/evaluation.h"
#include "train/loop/batches.h"

namespace espalier::train {

bool need_original(const std::vector<std::string>& names) {
    return std::ranges::any_of(names,
                               [](const std::string& name) { return metrics().get(name).needs_original; });
}

const Metric& score_of(const data::Examples& examples) {
    return metrics().get(examples.have_classes() ? "top-1" : "r2");
}

std::vector<double> MetricSum::of(const Metric& metric, const MetricInput& batch) {
    if (metric.each != nullptr) return {metric.each(batch).sum(at::kDouble).item<double>()};
    const at::Tensor sums = metric.sums(batch).contiguous();
    return {sums.data_ptr<double>(), sums.data_ptr<double>() + sums.numel()};
}

void MetricSum::add(std::span<const double> sums) {
    sums_.resize(sums.size());
    for (std::size_t i = 0; i < sums.size(); ++i) sums_[i] += sums[i];
}

double MetricSum::value(double rows) const {
    if (metric_.value != nullptr) return metric_.value(sums_, rows);
    return sums_.empty() ? 0 : sums_.front() / std::max(1.0, rows);
}

std::vector<double> measure(const Recipe& recipe, const Graph& graph, const Weights& weights,
                            const Graph* original, const data::Examples& examples,
                            const data::Normalization& normalization, int threads) {
    const std::vector<std::string>& names = recipe.experiment.metrics;
    if (need_original(names) && original == nullptr)
        throw InvalidArgument("a metric compares with the original network, and there is none");
    return translate([&] {
        set_threads(threads);
        const at::NoGradGuard no_grad;
        const LossFunction layout(recipe);
        const std::string output = output_of(graph, recipe);
        Executor executor(graph, weights, output);
        std::optional<Executor> compared;
        if (original != nullptr) compared.emplace(*original, Weights(), output);
        const std::int64_t together = evaluation_batch(examples);
        Batches batches(examples, normalization, together, 0);
        std::vector<MetricSum> sums;
        for (const std::string& name : names) sums.emplace_back(metrics().get(name));
        std::int64_t rows = 0;
        for (std::int64_t begin = 0; begin < examples.count(); begin += together) {
            const Batch batch = batches.range(begin, std::min(begin + together, examples.count()));
            const at::Tensor outputs = layout.rows(executor.forward(batch.inputs), batch.targets);
            const at::Tensor theirs =
                compared ? layout.rows(compared->forward(batch.inputs), batch.targets) : at::Tensor();
            const at::Tensor targets = target_rows(batch.targets);
            for (std::size_t i = 0; i < names.size(); ++i)
                sums[i].add(MetricSum::of(metrics().get(names[i]), {outputs, targets, theirs}));
            rows += targets.size(0);
        }
        std::vector<double> values;
        for (const MetricSum& sum : sums) values.push_back(sum.value(static_cast<double>(rows)));
        return values;
    });
}

}  // namespace espalier::train
