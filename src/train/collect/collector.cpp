#include "train/collect/collector.h"

#include <fmt/format.h>

#include <algorithm>

namespace espalier::train {

std::vector<float> to_vector(const at::Tensor& tensor) {
    const at::Tensor flat = tensor.detach().to(at::kFloat).contiguous().view({-1});
    return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

void BatchSum::add(const std::string& name, const at::Tensor& value) {
    at::Tensor& sum = sums_[name];
    const at::Tensor wide = value.detach().to(at::kDouble);
    sum = sum.defined() ? sum + wide : wide;
}

ByWeight BatchSum::mean() const {
    ByWeight out;
    for (const auto& [name, sum] : sums_) out.emplace(name, to_vector(sum / static_cast<double>(batches_)));
    return out;
}

ByWeight BatchSum::root() const {
    ByWeight out;
    for (const auto& [name, sum] : sums_) out.emplace(name, to_vector(sum.sqrt()));
    return out;
}

Collector::Collector(const SignalRequest& request)
    : request_(request),
      loss_(request.recipe),
      executor_(request.graph, request.weights, loss_.input_of(request.graph)),
      trains_(request.mode == prune::SignalsMode::training) {
    executor_.hold_buffers();
}

void Collector::for_each_batch(std::int64_t batch_size, std::int64_t count,
                               const std::function<void(const Batch& batch)>& body) {
    if (request_.dataset == nullptr)
        throw InvalidArgument(fmt::format("the criterion needs the {}, and there is no data", noun_));
    const data::Dataset& data = *request_.dataset;
    const Recipe::Data& changes = request_.recipe.data;
    Batches batches(data.train, data.normalization, batch_size, request_.seed,
                    {.flip = trains_ && changes.flip, .crop = trains_ ? changes.crop : 0});
    for (step_ = 0; step_ < std::min(count, batches.steps_per_epoch()); ++step_) body(batches.at(step_));
}

at::Tensor Collector::loss_of(const Batch& batch) {
    const Pass pass{.training = trains_, .seed = request_.seed, .step = step_};
    at::Tensor outputs = executor_.forward(batch.inputs, pass);
    // Of numbers to predict a temperature has no meaning: divided outputs are other numbers.
    if (!batch.targets.is_floating_point()) outputs = outputs / request_.temperature;
    return trains_ ? loss_.train(outputs, batch.targets) : loss_.evaluate(outputs, batch.targets);
}

std::map<std::string, at::Tensor> Collector::gradients(const Batch& batch) {
    for (auto& [name, value] : executor_.parameters()) value.mutable_grad().reset();
    loss_of(batch).backward();
    std::map<std::string, at::Tensor> out;
    for (auto& [name, value] : executor_.parameters()) {
        out.emplace(name, value.grad().defined() ? value.grad() : at::zeros_like(value));
    }
    return out;
}

ByWeight Collector::given(const Weights* weights) const {
    if (weights == nullptr) {
        throw InvalidArgument(fmt::format("the criterion needs the {}, which only a training has", noun_));
    }
    ByWeight out;
    for (const auto& [name, tensor] : *weights) {
        if (tensor.dtype() != DType::f32) continue;
        out.emplace(name, std::vector<float>(tensor.f32().begin(), tensor.f32().end()));
    }
    return out;
}

}  // namespace espalier::train
