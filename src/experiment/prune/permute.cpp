#include "experiment/prune/permute.h"

#include "espalier/error.h"
#include "espalier/experiment.h"
#include "experiment/prune/proof.h"
#include "experiment/prune/stored_weights.h"
#include "surgery/permutation/permutation.h"

namespace espalier::experiment {
namespace {

/// A cut of this network by magnitude, and the share of the magnitude that it keeps.
struct Kept {
    prune::Plan plan;
    double share = 1;
};

Kept kept_of(const Graph& graph, const Cut& how) {
    Graph tried = graph;
    Kept kept{.plan = cut(tried, how), .share = 1};
    kept.share = surgery::magnitude_kept(graph.initializers, kept.plan.masks);
    return kept;
}

}  // namespace

surgery::OrderGain gain_of(const Permutation& order) {
    surgery::OrderGain gain{
        .before = order.kept_before, .after = order.kept_after, .difference = order.difference};
    for (const Permutation::Group& group : order.groups) {
        gain.moved += group.moved;
        gain.kinds += group.moved > 0 ? 1 : 0;
    }
    return gain;
}

Permutation permute(Graph& graph, const Cut& how) {
    surgery::UnitOrder order = surgery::unit_order(how.granularity);
    if (!is_real(graph))
        throw Unsupported(
            "an order is found for weights of f32: this network holds halves or quantised ones");
    Cut plain = how;  // data and what is fitted to them change nothing about which order suits the weights
    plain.criterion = "magnitude";
    plain.calibration = nullptr;
    plain.reconstruct.clear();
    const Kept before = kept_of(graph, plain);
    for (const prune::LayerPlan& layer : before.plan.layers)
        order.shares[layer.name] = static_cast<double>(layer.kept) / static_cast<double>(layer.count);
    Graph reordered = graph;
    Permutation result;
    for (surgery::Reordered& one : surgery::reorder(reordered, order))
        result.groups.push_back({std::move(one.name), one.units, one.moved, std::move(one.left_out)});
    result.kept_before = result.kept_after = before.share;
    const double kept = kept_of(reordered, plain).share;
    if (kept <= before.share) return result;
    result.difference = prove("permutation", graph, graph, reordered);
    result.kept_after = kept;
    graph = std::move(reordered);
    graph.metadata["espalier.permutation"] = surgery::metadata_of(gain_of(result), how.granularity);
    return result;
}

}  // namespace espalier::experiment
