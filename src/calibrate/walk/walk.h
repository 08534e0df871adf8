// Runs a network over calibration data stage by stage. Between two stages weights may be changed; what is
// kept is what later stages read, of all batches.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "calibrate/batches.h"
#include "calibrate/walk/stages.h"

namespace espalier::calibrate {

class Walk {
  public:
    /// All must outlive this. Nodes that follow from constants and from the sizes of a batch's inputs are
    /// computed now. Throws as infer_types() does.
    Walk(const Graph& graph, const std::set<std::string>& weights, const Batches& batches, int threads);

    std::size_t stage_count() const { return stages_.size(); }
    bool is_done() const { return next_ == stages_.size(); }
    /// Runs the next stage on all batches, with the graph's weights as they are now. Throws what compiling
    /// and running throw.
    void advance();

    /// Layers whose inputs are there now, and which the next stage runs.
    const std::vector<Site>& sites() const { return stages_[next_ - 1].sites; }
    std::size_t batch_count() const { return batches_.size(); }
    const Tensor& value(std::size_t batch, const std::string& name) const;
    /// Whether it is there now.
    bool has(std::size_t batch, const std::string& name) const;
    /// The network's outputs of a batch, in the graph's order; when done.
    std::vector<Tensor> outputs(std::size_t batch) const;

  private:
    using Values = std::map<std::string, std::shared_ptr<const Tensor>>;
    /// What is known of a set of input shapes before anything runs.
    using Constants = std::shared_ptr<const Weights>;

    Constants constants_for(const NamedTensors& batch, const std::set<std::string>& weights) const;
    Graph part_for(const Stage& stage, std::size_t batch, const std::vector<std::string>& reads) const;
    /// Batches whose values are of the same types.
    void run(const Stage& stage, const std::vector<std::size_t>& batches);
    std::vector<std::string> read_by(const Stage& stage, std::size_t batch) const;

    const Graph& graph_;
    const Batches& batches_;
    int threads_;
    std::vector<Stage> stages_;
    std::size_t next_ = 0;
    std::vector<Values> values_;        // by batch
    std::vector<Constants> constants_;  // by batch
};

}  // namespace espalier::calibrate
