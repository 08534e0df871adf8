// What an experiment leaves behind: one folder a run.
//
//   recipe.toml                resolved: every value that was used; for people, run.sqlite holds it too
//   run.sqlite                 recipe and metrics: stages, evaluations, latencies, facts
//   stages/HASH/               tensors of one stage, safetensors; weights.safetensors at the end of training,
//                              pruned ones exactly zero
//   tickets/                   ONNX networks
//   tensorboard/               curves, for TensorBoard
//   report.html
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier::store {

struct Evaluation {
    std::int64_t step = 0;
    double validation_loss = 0;
    /// As all accuracies: the share of classes that are right, or where targets are numbers R2, the share of
    /// their variance that is explained (fact "score" of the run). Greater is better, 1 is all.
    double validation_accuracy = 0;
    double train_loss = 0;  // mean over the steps since the evaluation before
};

struct LayerCount {
    std::string name;
    std::int64_t left = 0;
    std::int64_t total = 0;
    /// Multiply-adds one weight costs for one example: 1 in a fully connected layer, the number of output
    /// positions in a convolution. 0: not known, and then no MACs are reported.
    double macs_per_weight = 0;
    std::int64_t width = 0;        // outputs left, of a run that removes what it cuts
    std::int64_t width_total = 0;  // 0: not recorded
};

/// What a metric of the recipe says of a network at the end of its training.
struct MetricValue {
    std::string name;
    bool is_share = false;  // in [0, 1], shown in per cent
    double validation = 0;
    double test = 0;
    bool operator==(const MetricValue&) const = default;
};

/// One training of one network: a level of an arm in a replicate.
struct Stage {
    std::string hash;    // of everything that determines it
    std::string parent;  // hash of the stage whose end it was pruned from; "" for the dense one
    std::string arm;     // "ticket" (level 0 is the dense network), "reinitialize", "random-mask"
    int level = 0;
    int replicate = 0;
    std::vector<LayerCount> layers;  // prunable weights only, in the order of the network

    std::int64_t first_step = 0;  // where training began: 0, or the rewind step
    std::int64_t last_step = 0;
    std::int64_t best_step = 0;  // of least validation loss (early stop, found afterwards)
    double best_validation_loss = 0;
    double best_validation_accuracy = 0;
    double best_test_accuracy = 0;   // of the weights at best_step
    double validation_accuracy = 0;  // at the end of training
    double validation_loss = 0;
    double test_accuracy = 0;
    double test_loss = 0;
    double train_accuracy = 0;  // on as many training examples as the test set has; the gap to the test
    double train_loss = 0;      // accuracy is what regularisation closes
    double seconds = 0;
    std::vector<Evaluation> curve;
    std::vector<MetricValue> metrics;  // those that the recipe asks for, in its order

    std::int64_t weights_left() const;
    std::int64_t weights_total() const;
    /// Multiply-adds of the weights left, for one example; 0 unless known of every layer.
    double macs_left() const;
};

/// One exported network, measured by the runtime.
struct Latency {
    int level = 0;
    int replicate = 0;
    std::int64_t batch = 0;
    int threads = 0;
    double median_ms = 0, low_ms = 0, high_ms = 0;
    double dense_median_ms = 0, dense_low_ms = 0, dense_high_ms = 0;
    std::int64_t file_bytes = 0;
    double test_accuracy = 0;  // of the exported network on the runtime
    std::string kernels;       // "fc1 spmm_f32_panel avx3, fc2 dense (oneDNN)"
    /// 95 % confidence interval of dense time over the network's, of samples taken in turn; NaN: not
    /// measured.
    double speedup_low = std::numeric_limits<double>::quiet_NaN();
    double speedup_high = std::numeric_limits<double>::quiet_NaN();
};

/// The dense network with one layer cut and nothing retrained, on the validation split.
struct Sensitivity {
    std::string layer;
    int replicate = 0;
    double sparsity = 0;
    double loss = 0;
    double accuracy = 0;
};

/// Two copies of one network trained from the same early step in different orders of the data, and the error
/// along the straight line between their ends (Frankle et al. 2020).
struct Stability {
    struct Point {
        double alpha = 0;  // 1: the first copy
        double train_error = 0;
        double test_error = 0;
    };
    std::string hash;
    int level = 0;
    int replicate = 0;
    std::int64_t step = 0;  // from which the copies differ
    std::vector<Point> points;

    /// The greatest error on the line minus the mean of its ends; 0 without points.
    double train_barrier() const;
    double test_barrier() const;
};

/// Where a result stands in the store.
struct Position {
    std::string hash;
    std::string arm;  // "stability" for one
    int level = 0;
    int replicate = 0;
    std::int64_t step = 0;  // of a stability; 0 of a stage
    bool operator==(const Position&) const = default;
};

/// A run folder. Several processes may write to one run at a time; every write is one transaction, and a
/// process killed in the middle of one leaves the store as it was before. A Run belongs to one thread at a
/// time, and to the process that opened it: after fork() the child opens its own. Numbers may be NaN.
///
/// All members throw IoError when the file cannot be read or written (full disk, no permission, locked for a
/// minute), BadData when it is damaged.
class Run {
  public:
    /// Makes the folder, or opens it again. Throws BadData if it holds a run of another recipe (compared as
    /// text) or store version, or a recipe.toml that belongs to no run; IoError if it cannot be written.
    static Run create(const std::filesystem::path& folder, const std::string& recipe);
    /// The same, but a run that is there keeps the recipe it has.
    static Run create_or_open(const std::filesystem::path& folder, const std::string& recipe);
    /// Throws BadData if `folder` is not a run, or one of another store version.
    static Run open(const std::filesystem::path& folder);
    Run(Run&&) noexcept;
    Run& operator=(Run&&) noexcept;
    ~Run();

    const std::filesystem::path& folder() const;
    std::string recipe() const;
    /// Gives the run another recipe, in the store and then in recipe.toml; what it has stays.
    void set_recipe(const std::string& recipe);
    /// stages/HASH, made if it is not there. Throws InvalidArgument on a hash that is no plain file name.
    std::filesystem::path stage_folder(const std::string& hash) const;

    /// tickets/level-07-replicate-0.onnx, whether it is there or not.
    std::filesystem::path ticket_path(int level, int replicate) const;

    /// A stage is done when it is recorded at all of its places; its files are written before. Replaces one
    /// of the same arm, level and replicate, and drops what was measured of its network. Arms that share work
    /// share a hash: one record each.
    void add(const Stage& stage);
    /// One stage at all of its places, all of them or none. `notes` are kept as facts "note
    /// ARM.REPLICATE.LEVEL.I" of the first.
    void add_places(const std::vector<Stage>& records, const std::vector<std::string>& notes);
    /// What is recorded already, at more places or with other metrics. What was measured of its network
    /// stays.
    void amend(const std::vector<Stage>& records);
    /// The first record of that hash.
    std::optional<Stage> find_stage(const std::string& hash) const;
    /// Of every stage and stability, by arm, level, replicate and step; of those with that hash.
    std::vector<Position> positions() const;
    std::vector<Position> positions(const std::string& hash) const;
    /// By arm, level, replicate.
    std::vector<Stage> stages() const;

    /// Replaces one of the same level, replicate, batch and threads.
    void add(const Latency& latency);
    /// By level, replicate, batch, threads.
    std::vector<Latency> latencies() const;

    /// Replaces one of the same level, replicate and step.
    void add(const Stability& stability);
    /// By level, replicate, step.
    std::vector<Stability> stabilities() const;

    /// Replaces all there were.
    void set_sensitivities(const std::vector<Sensitivity>& points);
    /// In the order given.
    std::vector<Sensitivity> sensitivities() const;

    /// Free facts: "machine", "commit", "started", ...
    void set_fact(const std::string& key, const std::string& value);
    std::map<std::string, std::string> facts() const;

  private:
    struct State;
    explicit Run(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace espalier::store

#pragma GCC visibility pop
