#include "experiment/granularity/would_pay.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"
#include "experiment/granularity/cells.h"
#include "report/text.h"

namespace espalier::experiment {
namespace {

constexpr double kSeconds = 0.05;  // of the whole network, which is not looked at
constexpr double kPays = 0.97;     // of the time of the dense kernel

bool runs_dense(const runtime::LayerProfile& layer) {
    return layer.weights > 0 && layer.kernel.starts_with("dense");
}

}  // namespace

std::map<std::string, WouldPay> would_pay(const Graph& graph, const runtime::BenchResult& now,
                                          const std::map<std::string, Shape>& shapes, const Watch& watch) {
    std::map<std::string, WouldPay> found;
    if (std::ranges::none_of(now.layers, runs_dense)) return found;
    const StudyPlan plan{.granularities = {"element", "4x1", "16x1"},
                         .sparsities = {0.8, 0.9, 0.95},
                         .batch = now.batch,
                         .threads = now.threads,
                         .seconds = kSeconds,
                         .shapes = shapes};
    std::vector<StudyCell> cells = cells_of(plan);
    std::ranges::stable_sort(cells, {}, &StudyCell::asked);
    double done = 0;
    for (StudyCell& cell : cells) {
        if (watch.is_stopped()) throw Interrupted("stopped while looking for what would pay");
        if (watch.progress)
            watch.progress(done++ / static_cast<double>(cells.size()),
                           fmt::format("what would pay: {} at {:.4g} %", cell.granularity, 100 * cell.asked));
        Graph network = graph;
        cut(network, cut_of(cell, plan));
        measure(cell, network, plan);
        for (const StudyCell::Layer& layer : cell.layers) {
            const auto known = std::ranges::find(now.layers, layer.node, &runtime::LayerProfile::node);
            if (known == now.layers.end() || !runs_dense(*known) || layer.kernel.starts_with("dense"))
                continue;
            if (layer.us > 0 && layer.us < kPays * layer.dense_us)
                found.emplace(layer.node, WouldPay{cell.granularity, cell.asked, layer.us, layer.dense_us});
        }
    }
    return found;
}

std::string to_text(const WouldPay& one) {
    return fmt::format("{} at {:.4g} % would take {} instead of {}", one.granularity, 100 * one.sparsity,
                       report::duration(one.us / 1000), report::duration(one.dense_us / 1000));
}

nlohmann::ordered_json to_json(const WouldPay& one) {
    return {{"granularity", one.granularity},
            {"sparsity", one.sparsity},
            {"us", one.us},
            {"dense_us", one.dense_us}};
}

}  // namespace espalier::experiment
