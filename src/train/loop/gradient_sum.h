// The gradients of a batch, summed over its shards and over ranks, in the fixed order of a PairwiseSum. They
// are divided into buckets, by the order in which a backward pass is done with weights: during this rank's
// last shard each bucket travels as soon as it is whole, beside what is still computed.
#pragma once

#include <functional>
#include <vector>

#include "train/loop/parameters.h"
#include "train/ranks/background_sums.h"
#include "train/ranks/pairwise_sum.h"

namespace espalier::train {

class GradientSum {
  public:
    /// `ranks` outlives this, and may be null.
    explicit GradientSum(Ranks* ranks) : travels_(has_others(ranks)), exchange_(ranks) {}
    ~GradientSum() { remove_hooks(); }
    GradientSum(const GradientSum&) = delete;
    GradientSum& operator=(const GradientSum&) = delete;

    /// A step begins. `parameters` outlive it. After an exception on the way this is of no use any more.
    void begin(Parameters& parameters);
    /// Adds the gradients that `backward`, which may be empty, leaves in the parameters, whose gradients are
    /// undefined before.
    void add(const std::function<void()>& backward, bool is_last_of_rank);
    /// The sums once all shards are added: of gradients, as Parameters::set_gradients() takes them, then of
    /// `rest`, this rank's. Throws RankLost.
    std::vector<float> finish(std::vector<float> rest);

  private:
    struct Bucket {
        std::vector<std::size_t> weights;
        std::size_t missing = 0;  // whose gradients the backward pass has not come to
        PairwiseSum sum;
    };
    struct Hook {
        at::Tensor value;
        unsigned at;
    };

    void divide();
    void place_hooks();
    void remove_hooks();
    void arrive(std::size_t weight, const at::Tensor& gradient);
    void send_whole();
    void collect(Bucket& bucket);

    bool travels_;
    Parameters* parameters_ = nullptr;
    std::vector<Bucket> buckets_;
    std::vector<std::size_t> bucket_of_;  // by weight
    std::vector<at::Tensor> gradients_;   // by weight, of the last shard
    // LibTorch keeps what is left of a hook that was removed, so they stay as long as the weights.
    std::vector<Hook> hooks_;
    bool is_last_ = false;  // the shard that is computed
    std::size_t sent_ = 0;  // buckets
    BackgroundSums exchange_;
};

}  // namespace espalier::train
