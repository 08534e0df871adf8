// What the signals are taken with: the network on LibTorch, run over the first batches of the training set's
// own order.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "train/collect/signals.h"
#include "train/executor/executor.h"
#include "train/loop/batches.h"
#include "train/loop/loss_function.h"

namespace espalier::train {

using ByWeight = std::map<std::string, std::vector<float>>;

std::vector<float> to_vector(const at::Tensor& tensor);

/// Sums over batches, in double so that their order hardly matters.
class BatchSum {
  public:
    void add(const std::string& name, const at::Tensor& value);
    void end_batch() { ++batches_; }
    ByWeight mean() const;  // over batches
    ByWeight root() const;  // of the sums

  private:
    std::map<std::string, at::Tensor> sums_;
    std::int64_t batches_ = 0;
};

class Collector {
  public:
    explicit Collector(const SignalRequest& request);

    const SignalRequest& request() const { return request_; }
    Executor& executor() { return executor_; }
    std::int64_t batch_size() const { return request_.recipe.train.batch_size; }
    /// The signal that is taken, for messages.
    void take(std::string_view noun) { noun_ = noun; }

    /// Throws InvalidArgument where there is no data.
    void for_each_batch(std::int64_t batch_size, std::int64_t count,
                        const std::function<void(const Batch& batch)>& body);
    at::Tensor loss_of(const Batch& batch);
    /// dL/dw of every parameter.
    std::map<std::string, at::Tensor> gradients(const Batch& batch);
    /// What the caller brings. Throws InvalidArgument if it does not.
    ByWeight given(const Weights* weights) const;

  private:
    const SignalRequest& request_;
    LossFunction loss_;
    Executor executor_;
    bool trains_;
    std::int64_t step_ = 0;
    std::string_view noun_;
};

}  // namespace espalier::train
