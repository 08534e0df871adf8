#include "train/loop/trained_network.h"

#include <fmt/format.h>

#include "espalier/error.h"
#include "train/libtorch/malloc_tuning.h"

namespace espalier::train {
namespace {

/// "conv1.weight" of "conv1.weight/0".
std::string parameter_of(const std::string& state) { return state.substr(0, state.rfind('/')); }

}  // namespace

TrainedNetwork::TrainedNetwork(const Job& job, const std::string& output)
    : job_(job), output_(output), narrowed_(job.graph, job.remove && job.masks != nullptr) {
    if (job.masks != nullptr) masks_ = *job.masks;
    narrowed_.take_out(masks_);
    build(job.weights);
    if (executor_->is_sparse()) give_back_freed_memory();  // the dense weights'
}

/// Movement is asked of all weights, and groups may be of several.
bool TrainedNetwork::trains_sparse() const {
    return job_.masks != nullptr && !job_.movement && !job_.latents &&
           job_.recipe.regularize.group_lasso == 0 &&
           job_.recipe.train.device == "cpu";  // where the kernels are
}

/// Layers whose mask is sparse enough compute on sparse kernels. Gives the masks of the others.
prune::MaskSet TrainedNetwork::sparsify(Executor& executor) const {
    if (job_.masks == nullptr) return {};
    const prune::MaskSet masks = narrowed_.narrow(masks_);
    return trains_sparse() ? executor.sparsify(masks, job_.recipe.train.sparse_below) : masks;
}

void TrainedNetwork::build(const Weights& weights) {
    parameters_.reset();
    executor_.emplace(narrowed_.graph(), narrowed_.narrowing().narrow(weights), output_);
    dense_masks_ = sparsify(*executor_);
    parameters_.emplace(*executor_, narrowed_.graph(), &dense_masks_, job_.recipe);
    if (job_.movement) parameters_->accumulate_movement();
    executor_->freeze(job_.recipe.train.freeze);
    if (job_.latents) parameters_->train_latents(*job_.latents, job_.recipe.regularize.l2);
    const at::Device device = device_named(job_.recipe.train.device);
    if (device != at::kCPU) executor_->compute_on(device);
}

NamedTensors TrainedNetwork::whole_state() {
    NamedTensors state = parameters_->state();
    for (auto& [name, tensor] : state) {
        const std::string parameter = parameter_of(name);
        const SparseLayer* sparse = executor_->sparse(parameter);
        tensor = sparse != nullptr
                     ? from_torch(sparse->expand(to_torch(tensor)))
                     : std::move(tensor).reshaped(executor_->parameters().at(parameter).sizes().vec());
        tensor = narrowed_.narrowing().widen(parameter, std::move(tensor));
    }
    return state;
}

NamedTensors TrainedNetwork::narrow_state(NamedTensors state) const {
    for (auto& [name, tensor] : state) {
        const std::string parameter = parameter_of(name);
        tensor = narrowed_.narrowing().narrow(parameter, std::move(tensor));
        const SparseLayer* sparse = executor_->sparse(parameter);
        if (sparse != nullptr) tensor = from_torch(sparse->compress(to_torch(tensor)));
    }
    return state;
}

void TrainedNetwork::set_masks(prune::MaskSet masks) {
    masks_ = std::move(masks);
    if (job_.remove || trains_sparse()) {
        rebuild();
    } else {
        dense_masks_ = narrowed_.narrow(masks_);
    }
    parameters_->set_masks(dense_masks_);
}

/// What the masks prune whole is taken out, sparse layers get new patterns, and all goes on from what it was.
void TrainedNetwork::rebuild() {
    const Weights before = weights();
    const Weights sums = movement();
    NamedTensors state = whole_state();
    if (!narrowed_.take_out(masks_) && !trains_sparse()) {
        dense_masks_ = narrowed_.narrow(masks_);
        return;
    }
    const std::int64_t updates = parameters_->updates();
    build(before);
    parameters_->restore(updates, narrow_state(std::move(state)), narrowed_.narrowing().narrow(sums));
}

void TrainedNetwork::restore(const Weights& weights, const prune::MaskSet& masks, std::int64_t updates,
                             const NamedTensors& state, const Weights& movement) {
    if (job_.reprune) {
        masks_ = masks;
        if (narrowed_.take_out(masks_) || trains_sparse()) build(weights);
    }
    executor_->set_weights(narrowed_.narrowing().narrow(weights));
    if (job_.reprune && !trains_sparse()) parameters_->set_masks(narrowed_.narrow(masks_));
    parameters_->restore(updates, state, narrowed_.narrowing().narrow(movement));
}

void TrainedNetwork::prove(const Inputs& inputs) {
    constexpr double kRounding = 1e-3;
    if (narrowed_.narrowing().is_empty()) return;
    const at::NoGradGuard no_grad;
    Weights masked = weights();
    masks_.apply(masked);
    Executor whole(narrowed_.whole(), masked, output_);
    const at::Tensor expected = whole.forward(inputs);
    const double largest = expected.abs().max().item<double>();
    const double apart = (executor_->forward(inputs) - expected).abs().max().item<double>();
    if (apart <= kRounding * largest) return;
    throw Unsupported(
        fmt::format("the removal could not be proved: outputs differ from those of the masked network by "
                    "{:.2g} of the largest",
                    apart / largest));
}

}  // namespace espalier::train
