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

/// Options are numbered as the layer's trials; those that may not be chosen take forever.
Stage stage_of(const Layer& layer, Options::Choice choice, int threads) {
    Stage stage{.options = {}, .pack_us = layer.pack.us, .unpack_us = layer.unpack.us};
    for (const Trial& trial : layer.trials) {
        const bool forced_out =
            (choice == Options::Choice::dense && trial.candidate.sparse) ||
            (choice == Options::Choice::sparse && !trial.candidate.sparse && layer.fastest(true));
        const bool possible = trial.kernel != nullptr && trial.threads <= threads && !forced_out;
        stage.options.push_back(
            {trial.candidate.input, trial.candidate.output, possible ? trial.us : kNever});
    }
    return stage;
}

}  // namespace

std::vector<std::size_t> cheapest(std::span<const Stage> chain) {
    std::array<Path, 2> best;
    best[index_of(Layout::row_major)].us = 0;
    double unpack_us = kNever;  // of what the stage before gives; the chain starts with rows
    for (const Stage& stage : chain) {
        std::array<Path, 2> next;
        for (std::size_t i = 0; i < stage.options.size(); ++i) {
            const Stage::Option& option = stage.options[i];
            for (const Layout from : kLayouts) {
                if (best[index_of(from)].us == kNever) continue;
                double us = best[index_of(from)].us + option.us;
                if (from != option.input) us += option.input == Layout::panel ? stage.pack_us : unpack_us;
                Path& target = next[index_of(option.output)];
                if (!(us < target.us)) continue;
                target.us = us;
                target.options = best[index_of(from)].options;
                target.options.push_back(i);
            }
        }
        best = std::move(next);
        unpack_us = stage.unpack_us;
    }
    if (chain.empty()) return {};
    best[index_of(Layout::panel)].us += chain.back().unpack_us;
    const bool panel = best[index_of(Layout::panel)].us < best[index_of(Layout::row_major)].us;
    return best[index_of(panel ? Layout::panel : Layout::row_major)].options;
}

std::vector<std::size_t> choose(const std::vector<Layer>& layers, const Chains& chains,
                                Options::Choice choice, int threads) {
    std::vector<std::size_t> chosen(layers.size(), 0);
    std::vector<bool> done(layers.size(), false);
    for (std::size_t start = 0; start < layers.size(); ++start) {
        if (layers[start].trials.empty() || done[start]) continue;
        std::vector<std::size_t> members;
        std::vector<Stage> stages;
        for (std::optional<std::size_t> at = start; at; at = chains.next(*at)) {
            members.push_back(*at);
            stages.push_back(stage_of(layers[*at], choice, threads));
            done[*at] = true;
        }
        const auto options = cheapest(stages);
        for (std::size_t i = 0; i < members.size(); ++i) chosen[members[i]] = options[i];
    }
    return chosen;
}

}  // namespace espalier::runtime
