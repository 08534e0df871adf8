#include "calibrate/walk/stages.h"

#include <algorithm>
#include <map>
#include <optional>

#include "graph/op.h"

namespace espalier::calibrate {
namespace {

/// The weight of `weights` that the node multiplies its input 0 with.
std::optional<std::string> weight_of(const Node& node, const std::set<std::string>& weights) {
    const Operator* op = ops().find(node.op);
    if (op == nullptr || op->weight_input < 0) return {};
    const auto index = static_cast<std::size_t>(op->weight_input);
    if (index >= node.inputs.size() || !weights.contains(node.inputs[index])) return {};
    return node.inputs[index];
}

class Divider {
  public:
    Divider(const Graph& graph, const std::set<std::string>& weights) : graph_(graph) {
        for (const Value& input : graph.inputs) stage_of_[input.name] = 0;
        for (const Node& node : graph.nodes) place(node, weights);
        for (const Value& output : graph.outputs) last_read_[output.name] = stages_.size();
    }

    std::vector<Stage> take() {
        for (std::size_t s = 0; s < stages_.size(); ++s) connect(s);
        return std::move(stages_);
    }

  private:
    void place(const Node& node, const std::set<std::string>& weights) {
        std::size_t depth = 0;
        for (const std::string& value : values_read(node)) {
            const auto found = stage_of_.find(value);
            if (found != stage_of_.end()) depth = std::max(depth, found->second);
        }
        const auto weight = weight_of(node, weights);
        if (weight) add_site(depth, *weight, node);
        const std::size_t stage = depth + (weight ? 1 : 0);
        if (stages_.size() <= stage) stages_.resize(stage + 1);
        stages_[stage].nodes.push_back(&node);
        for (const std::string& value : values_read(node)) {
            std::size_t& last = last_read_[value];
            last = std::max(last, stage);
        }
        for (const std::string& output : node.outputs) stage_of_[output] = stage;
    }

    void add_site(std::size_t depth, const std::string& weight, const Node& node) {
        if (stages_.size() <= depth) stages_.resize(depth + 1);
        auto& sites = stages_[depth].sites;
        const auto found = std::ranges::find(sites, weight, &Site::weight);
        if (found != sites.end()) {
            found->readers.push_back(&node);
            return;
        }
        sites.push_back({.weight = weight, .readers = {&node}});
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
    std::vector<Stage> stages_ = std::vector<Stage>(1);
    std::map<std::string, std::size_t> stage_of_;   // that makes the value; not of constants
    std::map<std::string, std::size_t> last_read_;  // stage that reads the value last
    std::set<std::string> seen_;                    // weights of sites
};

}  // namespace

std::vector<Stage> divide(const Graph& graph, const std::set<std::string>& weights) {
    return Divider(graph, weights).take();
}

}  // namespace espalier::calibrate
