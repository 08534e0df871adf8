#include "runtime/choose.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace espalier::runtime {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr Layout kLayouts[] = {Layout::row_major, Layout::panel};

std::size_t index_of(Layout layout) { return static_cast<std::size_t>(layout); }

/// The best way through the first stages that ends in each layout.
struct Path {
    double us = kNever;
    std::vector<std::size_t> options;
};

/// Finds, for each layer, the layer that alone reads its output, as the same matrix.
class Chains {
  public:
    Chains(const std::vector<Layer>& layers, const Setting& setting)
        : layers_(layers), readers_(only_readers(setting.graph)) {
        for (std::size_t i = 0; i < layers.size(); ++i) by_node_[layers[i].group.node] = i;
    }

    std::optional<std::size_t> next(std::size_t index) const {
        const Layer& layer = layers_[index];
        if (layer.weights == nullptr) return {};
        std::string value = layer.group.output();
        while (true) {
            const auto reader = readers_.find(value);
            if (reader == readers_.end() || reader->second == nullptr) return {};
            const auto found = by_node_.find(reader->second);
            if (found == by_node_.end()) return {};
            const Layer& other = layers_[found->second];
            if (other.group.lowering->view) {  // another shape of the same elements in the same order
                value = other.group.output();
                continue;
            }
            const bool follows = other.weights != nullptr && other.group.node->inputs.front() == value &&
                                 other.batch == layer.batch &&
                                 other.weights->inputs() == layer.weights->outputs();
            return follows ? std::optional(found->second) : std::nullopt;
        }
    }

  private:
    const std::vector<Layer>& layers_;
    std::map<std::string, const Node*> readers_;
    std::map<const Node*, std::size_t> by_node_;
};

/// Options are numbered as the layer's trials; those that may not be chosen take forever.
Stage stage_of(const Layer& layer, Options::Choice choice) {
    Stage stage{.options = {}, .pack_us = layer.pack.us, .unpack_us = layer.unpack.us};
    for (const Trial& trial : layer.trials) {
        const bool forced_out =
            (choice == Options::Choice::dense && trial.candidate.sparse) ||
            (choice == Options::Choice::sparse && !trial.candidate.sparse && layer.fastest(true));
        const bool possible = trial.kernel != nullptr && !forced_out;
        stage.options.push_back(
            {trial.candidate.input, trial.candidate.output, possible ? trial.us : kNever});
    }
    return stage;
}

}  // namespace

std::vector<std::size_t> cheapest(std::span<const Stage> chain) {
    std::array<Path, 2> best;
    best[index_of(Layout::row_major)].us = 0;
    const Stage* before = nullptr;
    for (const Stage& stage : chain) {
        std::array<Path, 2> next;
        for (std::size_t i = 0; i < stage.options.size(); ++i) {
            const Stage::Option& option = stage.options[i];
            for (const Layout from : kLayouts) {
                if (best[index_of(from)].us == kNever) continue;
                double us = best[index_of(from)].us + option.us;
                if (from != option.input)
                    us += option.input == Layout::panel ? stage.pack_us : before->unpack_us;
                Path& target = next[index_of(option.output)];
                if (!(us < target.us)) continue;
                target.us = us;
                target.options = best[index_of(from)].options;
                target.options.push_back(i);
            }
        }
        best = std::move(next);
        before = &stage;
    }
    if (chain.empty()) return {};
    best[index_of(Layout::panel)].us += chain.back().unpack_us;
    const bool panel = best[index_of(Layout::panel)].us < best[index_of(Layout::row_major)].us;
    return best[index_of(panel ? Layout::panel : Layout::row_major)].options;
}

std::vector<std::size_t> choose(const std::vector<Layer>& layers, const Setting& setting,
                                Options::Choice choice) {
    std::vector<std::size_t> chosen(layers.size(), 0);
    const Chains chains(layers, setting);
    std::vector<bool> done(layers.size(), false);
    for (std::size_t start = 0; start < layers.size(); ++start) {
        if (layers[start].trials.empty() || done[start]) continue;
        std::vector<std::size_t> members;
        std::vector<Stage> stages;
        for (std::optional<std::size_t> at = start; at; at = chains.next(*at)) {
            members.push_back(*at);
            stages.push_back(stage_of(layers[*at], choice));
            done[*at] = true;
        }
        const auto options = cheapest(stages);
        for (std::size_t i = 0; i < members.size(); ++i) chosen[members[i]] = options[i];
    }
    return chosen;
}

}  // namespace espalier::runtime
