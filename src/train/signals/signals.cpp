#include "train/signals/signals.h"

#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <set>

#include "graph/op.h"
#include "train/executor/executor.h"
#include "train/executor/normalizations.h"
#include "train/loop/batches.h"
#include "train/loop/loss_function.h"

namespace espalier::train {
namespace {

using prune::Signal;
using ByWeight = std::map<std::string, std::vector<float>>;

std::vector<float> to_vector(const at::Tensor& tensor) {
    const at::Tensor flat = tensor.detach().to(at::kFloat).contiguous().view({-1});
    return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

ByWeight to_vectors(const std::map<std::string, at::Tensor>& tensors) {
    ByWeight out;
    for (const auto& [name, tensor] : tensors) out.emplace(name, to_vector(tensor));
    return out;
}

/// Sums over batches, in double so that their order hardly matters.
class Sum {
  public:
    void add(const std::string& name, const at::Tensor& value) {
        at::Tensor& sum = sums_[name];
        const at::Tensor wide = value.detach().to(at::kDouble);
        sum = sum.defined() ? sum + wide : wide;
    }
    ByWeight mean(double count) const {
        ByWeight out;
        for (const auto& [name, sum] : sums_) out.emplace(name, to_vector(sum / count));
        return out;
    }
    ByWeight root() const {
        ByWeight out;
        for (const auto& [name, sum] : sums_) out.emplace(name, to_vector(sum.sqrt()));
        return out;
    }

  private:
    std::map<std::string, at::Tensor> sums_;
};

class Collector {
  public:
    explicit Collector(const SignalRequest& request)
        : request_(request),
          loss_(request.recipe),
          executor_(request.graph, request.weights, loss_.input_of(request.graph)),
          trains_(request.mode == prune::SignalsMode::training) {
        executor_.hold_buffers();
    }

    ByWeight collect(Signal signal) {
        switch (signal) {
            case Signal::gradient:
                return gradient();
            case Signal::squared_gradient:
                return squared_gradient();
            case Signal::hessian_gradient:
                return hessian_gradient();
            case Signal::input_norm:
                return input_norm();
            case Signal::flow:
                return flow();
            case Signal::initial_weight:
                return given(request_.initial, signal);
            case Signal::movement:
                return given(request_.movement, signal);
            case Signal::batch_norm_scale:
                return scales_behind(request_.graph, request_.weights);
        }
        throw InvalidArgument(fmt::format("signal {} cannot be collected", prune::name_of(signal)));
    }

  private:
    const data::Dataset& dataset(Signal signal) const {
        if (request_.dataset == nullptr) {
            throw InvalidArgument(
                fmt::format("the criterion needs the {}, and there is no data", prune::name_of(signal)));
        }
        return *request_.dataset;
    }

    ByWeight given(const Weights* weights, Signal signal) const {
        if (weights == nullptr) {
            throw InvalidArgument(
                fmt::format("the criterion needs the {}, which only a training has", prune::name_of(signal)));
        }
        ByWeight out;
        for (const auto& [name, tensor] : *weights) {
            if (tensor.dtype() != DType::f32) continue;
            out.emplace(name, std::vector<float>(tensor.f32().begin(), tensor.f32().end()));
        }
        return out;
    }

    template <class Body>
    void for_each_batch(Signal signal, std::int64_t batch_size, std::int64_t count, Body&& body) {
        const data::Dataset& data = dataset(signal);
        const Recipe::Data& changes = request_.recipe.data;
        Batches batches(data.train, data.normalization, batch_size, request_.seed,
                        {.flip = trains_ && changes.flip, .crop = trains_ ? changes.crop : 0});
        for (step_ = 0; step_ < std::min(count, batches.steps_per_epoch()); ++step_) body(batches.at(step_));
    }

    at::Tensor loss_of(const Batch& batch) {
        const Pass pass{.training = trains_, .seed = request_.seed, .step = step_};
        const at::Tensor outputs = executor_.forward(batch.images, pass) / request_.temperature;
        return trains_ ? loss_.train(outputs, batch.labels) : loss_.evaluate(outputs, batch.labels);
    }

    std::map<std::string, at::Tensor> gradients(const Batch& batch) {
        for (auto& [name, value] : executor_.parameters()) value.mutable_grad().reset();
        loss_of(batch).backward();
        std::map<std::string, at::Tensor> out;
        for (auto& [name, value] : executor_.parameters()) {
            out.emplace(name, value.grad().defined() ? value.grad() : at::zeros_like(value));
        }
        return out;
    }

    /// g = mean over batches of dL/dw.
    ByWeight gradient() {
        Sum sum;
        std::int64_t count = 0;
        for_each_batch(Signal::gradient, request_.recipe.train.batch_size, request_.batches,
                       [&](const Batch& batch) {
                           for (const auto& [name, value] : gradients(batch)) sum.add(name, value);
                           ++count;
                       });
        return sum.mean(static_cast<double>(count));
    }

    /// F = mean over examples of (dL/dw)^2, the diagonal of the empirical Fisher matrix.
    ByWeight squared_gradient() {
        Sum sum;
        std::int64_t count = 0;
        const std::int64_t examples = request_.batches * request_.recipe.train.batch_size;
        for_each_batch(Signal::squared_gradient, 1, examples, [&](const Batch& batch) {
            for (const auto& [name, value] : gradients(batch)) sum.add(name, value.square());
            ++count;
        });
        return sum.mean(static_cast<double>(count));
    }

    /// H g for the mean loss L of all batches: the gradient of <g, stop(g)>, batch by batch, as H is their
    /// mean.
    ByWeight hessian_gradient() {
        const ByWeight g = gradient();
        std::vector<at::Tensor> leaves;
        std::vector<at::Tensor> fixed;
        std::vector<std::string> names;
        for (auto& [name, value] : executor_.parameters()) {
            leaves.push_back(value);
            names.push_back(name);
            fixed.push_back(at::tensor(g.at(name)).view(value.sizes()));
        }
        Sum sum;
        std::int64_t count = 0;
        for_each_batch(Signal::hessian_gradient, request_.recipe.train.batch_size, request_.batches,
                       [&](const Batch& batch) {
                           const at::Tensor loss = loss_of(batch);
                           const auto first = torch::autograd::grad({loss}, leaves, {}, true, true, true);
                           at::Tensor product = at::zeros({});
                           for (std::size_t i = 0; i < leaves.size(); ++i) {
                               if (first[i].defined()) product = product + (first[i] * fixed[i]).sum();
                           }
                           const auto second =
                               torch::autograd::grad({product}, leaves, {}, false, false, true);
                           for (std::size_t i = 0; i < leaves.size(); ++i) {
                               sum.add(names[i], second[i].defined() ? second[i] : at::zeros_like(leaves[i]));
                           }
                           ++count;
                       });
        return sum.mean(static_cast<double>(count));
    }

    /// Of each input feature, over the batch and all positions. Groups of a convolution share the kernels'
    /// input axis, and so one sum a place in it.
    static at::Tensor squares(const Node& node, const at::Tensor& x) {
        if (node.op == "Conv") {
            const std::int64_t groups = node.attribute_int("group", 1);
            std::vector<std::int64_t> others = {0};
            for (std::int64_t axis = 2; axis < x.dim(); ++axis) others.push_back(axis);
            return x.square().sum(others).view({groups, x.size(1) / groups}).sum(0);
        }
        const bool transposed = node.op == "Gemm" && node.attribute_int("transA", 0) != 0;
        const at::Tensor rows = transposed ? x.t() : x;
        return rows.square().reshape({-1, rows.size(-1)}).sum(0);
    }

    /// ||x_j||: the root of the sum of squares of input feature j over all examples.
    ByWeight input_norm() {
        Sum sum;
        const auto observe = [&](const Node& node, std::span<const at::Tensor> inputs) {
            const int weight = espalier::ops().get(node.op).weight_input;
            if (weight < 0) return;
            const std::string& name = node.inputs[static_cast<std::size_t>(weight)];
            if (request_.graph.initializers.contains(name)) sum.add(name, squares(node, inputs[0]));
        };
        const at::NoGradGuard no_grad;
        for_each_batch(Signal::input_norm, request_.recipe.train.batch_size, request_.batches,
                       [&](const Batch& batch) { executor_.forward(batch.images, {}, observe); });
        return sum.root();
    }

    /// SynFlow: dR/d|w| of R = the sum of the outputs for an input of ones, on the network of |w| without
    /// biases and normalisations, over R. In double: R grows with the depth like a product of layer norms.
    ByWeight flow() {
        const auto names = prunable_weights(request_.graph);
        const std::set<std::string> kept(names.begin(), names.end());
        Executor positive(without_bounds(request_.graph), request_.weights, logits_of(request_.graph));
        positive.transform([&](const std::string& name, const at::Tensor& value) {
            return kept.contains(name) ? value.abs().to(at::kDouble) : at::zeros_like(value, at::kDouble);
        });
        std::vector<std::int64_t> shape = {1};
        for (std::size_t i = 1; i < request_.graph.inputs.front().type.dims.size(); ++i) {
            shape.push_back(request_.graph.inputs.front().type.dims[i].size());
        }
        const at::Tensor total = positive.forward(at::ones(shape, at::kDouble)).sum();
        total.backward();
        std::map<std::string, at::Tensor> out;
        for (auto& [name, value] : positive.parameters()) {
            if (value.grad().defined()) out.emplace(name, value.grad() / total.detach());
        }
        return to_vectors(out);
    }

    const SignalRequest& request_;
    LossFunction loss_;
    Executor executor_;
    bool trains_;
    std::int64_t step_ = 0;
};

std::span<const float> prune::Candidate::*field_of(Signal signal) {
    switch (signal) {
        case Signal::gradient:
            return &prune::Candidate::gradient;
        case Signal::squared_gradient:
            return &prune::Candidate::squared_gradient;
        case Signal::initial_weight:
            return &prune::Candidate::initial_weight;
        case Signal::hessian_gradient:
            return &prune::Candidate::hessian_gradient;
        case Signal::movement:
            return &prune::Candidate::movement;
        case Signal::input_norm:
            return &prune::Candidate::input_norm;
        case Signal::batch_norm_scale:
            return &prune::Candidate::batch_norm_scale;
        case Signal::flow:
            return &prune::Candidate::flow;
    }
    throw InternalError("a signal without a field");
}

}  // namespace

Signals Signals::collect(const SignalRequest& request) {
    Signals signals;
    if (request.needs.empty()) return signals;
    translate([&] {
        set_threads(request.threads);
        Collector collector(request);
        for (const Signal signal : request.needs) signals.values_.emplace(signal, collector.collect(signal));
    });
    return signals;
}

void Signals::attach(std::vector<prune::Candidate>& candidates) const {
    for (const auto& [signal, values] : values_) {
        for (prune::Candidate& candidate : candidates) {
            const auto found = values.find(candidate.name);
            if (found == values.end()) {
                throw InvalidArgument(
                    fmt::format("weight \"{}\" has no {}", candidate.name, prune::name_of(signal)));
            }
            candidate.*field_of(signal) = found->second;
        }
    }
}

}  // namespace espalier::train
