// Runs a graph in parts (split.h). The parts before and behind, and the bodies of nodes, are sessions of
// their own, so what is in them is fused, sparse and planned as everywhere; a part behind may be split again.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "espalier/runtime.h"
#include "runtime/sections/body_run.h"
#include "runtime/sections/split.h"

namespace espalier::runtime {

class SectionRun {
  public:
    /// Throws as compile() does.
    SectionRun(Graph graph, const std::set<std::string>& open, const Options& options);

    /// Of the same network for another thread, or with other options.
    SectionRun share(const Options& options) const;

    /// Inputs and outputs in the graph's order. Throws as the nodes' rules do.
    /// `trace`, where there is one, is told when each part and each of its steps ran.
    std::vector<Tensor> run(std::span<const TensorView> inputs, RunTrace* trace = nullptr);

    /// Of the last run.
    std::vector<LayerProfile> profile() const;
    std::vector<CompileTime> compile_times() const;

  private:
    /// A node by itself.
    struct Step {
        Node node;
        std::optional<BodyRun> bodies;  // without: its plain computation
    };
    struct Interface {
        std::vector<std::string> inputs, outputs;
    };
    SectionRun() = default;
    using Known = std::map<std::string, TensorView>;
    void run_part(Session& part, const Interface& names, Known& known, std::vector<std::vector<Tensor>>& kept,
                  RunTrace* trace, double start_us);
    void run_step(Step& step, Known& known, std::vector<std::vector<Tensor>>& kept);
    Session& tail_for(const Known& known);

    Interface own_, head_names_, tail_names_;
    std::shared_ptr<const Weights> constants_;
    std::optional<Session> head_, tail_;
    std::vector<Step> steps_;
    // Where the number of a value's dimensions is not known before: a tail for each.
    std::shared_ptr<const Graph> unranked_tail_;
    std::vector<std::pair<std::vector<std::size_t>, Session>> tails_;
    Options options_;
    Session* last_tail_ = nullptr;
};

}  // namespace espalier::runtime
