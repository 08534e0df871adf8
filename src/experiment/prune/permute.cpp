#include <fmt/format.h>

#include <cmath>

#include "espalier/error.h"
#include "espalier/experiment.h"
#include "experiment/prune/proof.h"
#include "experiment/prune/stored_weights.h"
#include "prune/request/granularity.h"
#include "surgery/permutation/permutation.h"

namespace espalier::experiment {
namespace {

surgery::UnitOrder order_of(const std::string& granularity) {
    const prune::Grain grain = prune::parse_grain(granularity);
    const auto& [outputs, inputs, word] = grain.arguments;
    if (grain.granularity.tile == nullptr)
        return {.size = inputs, .of_inputs = true, .keep = outputs, .shares = {}};
    if (!grain.granularity.is_sized || outputs * inputs == 1)
        throw InvalidArgument(fmt::format(
            "granularity \"{}\" has no groups that an order could fill, expected RxC or N:M", granularity));
    if (outputs > 1) return {.size = outputs, .of_inputs = false, .keep = 0, .shares = {}};
    return {.size = inputs, .of_inputs = true, .keep = 0, .shares = {}};
}

/// A cut of this network by magnitude, and the share of the magnitude that it keeps.
struct Kept {
    prune::Plan plan;
    double share = 1;
};

Kept kept_of(const Graph& graph, const Cut& how) {
    Graph tried = graph;
    Kept kept{.plan = cut(tried, how), .share = 1};
    double all = 0;
    double left = 0;
    for (const auto& [name, mask] : kept.plan.masks) {
        for (const float value : graph.initializers.at(name).f32())
            all += std::abs(static_cast<double>(value));
        for (const float value : tried.initializers.at(name).f32())
            left += std::abs(static_cast<double>(value));
    }
    kept.share = all > 0 ? left / all : 1;
    return kept;
}

}  // namespace

Permutation permute(Graph& graph, const Cut& how) {
    surgery::UnitOrder order = order_of(how.granularity);
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
    graph.metadata["espalier.permutation"] =
        fmt::format("granularity {}: {:.4f} of the magnitude kept instead of {:.4f}", how.granularity,
                    result.kept_after, result.kept_before);
    return result;
}

}  // namespace espalier::experiment
