#include "calibrate/walk/stages.h"

#include <algorithm>
#include <map>

#include "graph/analysis/readers.h"

namespace espalier::calibrate {
namespace {

class Divider {
  public:
    Divider(const Graph& graph, const std::set<std::string>& weights)
        : graph_(graph), weights_(weights), forms_(graph) {
        for (const Value& input : graph.inputs) stage_of_[input.name] = 0;
        for (const Node& node : graph.nodes) {
            if (moves_weight(node)) {
                movers_.emplace(node.outputs[0], &node);
            } else {
                place(node);
            }
        }
        for (const Value& output : graph.outputs) last_read_[output.name] = stages_.size();
    }

    std::vector<Stage> take() {
        for (std::size_t s = 0; s < stages_.size(); ++s) connect(s);
        return std::move(stages_);
    }

  private:
    bool moves_weight(const Node& node) const {
        if (!only_moves(node.op) || is_output(graph_, node.outputs[0])) return false;
        for (std::size_t i = 1; i < node.inputs.size(); ++i) {
            if (!node.inputs[i].empty() && !graph_.initializers.contains(node.inputs[i])) return false;
        }
        return weights_.contains(node.inputs[0]) || movers_.contains(node.inputs[0]);
    }

    void place(const Node& node) {
        std::size_t depth = 0;
        for (const std::string& value : values_read(node)) {
            const auto found = stage_of_.find(value);
            if (found != stage_of_.end()) depth = std::max(depth, found->second);
        }
        bool is_layer = false;
        for (WeightRead& read : forms_.read_by(node)) {
            if (read.on_request || !weights_.contains(read.weight)) continue;
            is_layer |= add_site(depth, std::move(read), node);
        }
        const std::size_t stage = depth + (is_layer ? 1 : 0);
        if (stages_.size() <= stage) stages_.resize(stage + 1);
        for (const std::string& value : values_read(node)) {
            add_movers(stage, value);
            std::size_t& last = last_read_[value];
            last = std::max(last, stage);
        }
        stages_[stage].nodes.push_back(&node);
        for (const std::string& output : node.outputs) stage_of_[output] = stage;
    }

    /// Of a weight that the stage reads as `value`.
    void add_movers(std::size_t stage, const std::string& value) {
        const auto mover = movers_.find(value);
        if (mover == movers_.end()) return;
        std::vector<const Node*>& nodes = stages_[stage].nodes;
        if (std::ranges::find(nodes, mover->second) != nodes.end()) return;
        for (const std::string& from : values_read(*mover->second)) {
            add_movers(stage, from);
            std::size_t& last = last_read_[from];
            last = std::max(last, stage);
        }
        nodes.push_back(mover->second);
    }

    /// False for a node that reads the weight in another way than the first that does.
    bool add_site(std::size_t depth, WeightRead read, const Node& node) {
        const auto [first, fresh] = first_reads_.emplace(read.weight, read);
        const WeightRead& as = first->second;
        if (!fresh &&
            (as.input != read.input || as.output_axis != read.output_axis || !(as.form == read.form)))
            return false;
        if (stages_.size() <= depth) stages_.resize(depth + 1);
        auto& sites = stages_[depth].sites;
        const auto found = std::ranges::find(sites, read.weight, &Site::weight);
        if (found == sites.end()) {
            sites.push_back({.weight = first->first, .read = std::move(read), .readers = {&node}});
        } else {
            found->readers.push_back(&node);
        }
        return true;
    }

    void connect(std::size_t s) {
        Stage& stage = stages_[s];
        for (Site& site : stage.sites) site.is_first = seen_.insert(site.weight).second;
        std::set<std::string> reads;
        for (const Node* node : stage.nodes) {
            for (const std::string& value : values_read(*node)) {
                const auto made = stage_of_.find(value);
                if (made == stage_of_.end()) continue;  // a constant
                if (made->second < s || is_input(value)) reads.insert(value);
            }
            for (const std::string& output : node->outputs) {
                const auto last = last_read_.find(output);
                if (!output.empty() && last != last_read_.end() && last->second > s)
                    stage.makes.push_back(output);
            }
        }
        stage.reads.assign(reads.begin(), reads.end());
        for (const auto& [value, last] : last_read_) {
            if (last == s && stage_of_.contains(value)) stage.ends.push_back(value);
        }
    }

    bool is_input(const std::string& value) const {
        return std::ranges::find(graph_.inputs, value, &Value::name) != graph_.inputs.end();
    }

    const Graph& graph_;
    const std::set<std::string>& weights_;
    WeightForms forms_;
    std::map<std::string, const Node*> movers_;  // of weights, by what they give
    std::map<std::string, WeightRead> first_reads_;
    std::vector<Stage> stages_ = std::vector<Stage>(1);
    std::map<std::string, std::size_t> stage_of_;   // that makes the value; not of constants
    std::map<std::string, std::size_t> last_read_;  // stage that reads the value last
    std::set<std::string> seen_;                    // weights of sites
};

}  // namespace

bool Site::is_plain() const {
    const Node& node = *readers.front();
    return (node.op == "Conv" || node.op == "Gemm" || node.op == "MatMul") && read.input == 1 &&
           node.inputs[1] == weight;
}

std::vector<Stage> divide(const Graph& graph, const std::set<std::string>& weights) {
    return Divider(graph, weights).take();
}

}  // namespace espalier::calibrate
