#include "experiment/prune/scored.h"

#include <fmt/format.h>

#include "calibrate/flow/synaptic_flow.h"
#include "espalier/error.h"

namespace espalier::experiment {
namespace {

/// Tanaka et al. 2020: one shot empties whole layers.
constexpr std::int64_t kFlowRounds = 100;

std::int64_t rounds_of(const Cut& how, const std::string& criterion) {
    if (how.score_rounds < 0)
        throw InvalidArgument(fmt::format("scores in {} rounds: expected 1 or more", how.score_rounds));
    if (how.score_rounds > 0) return how.score_rounds;
    return needs(criterion, "flow") ? kFlowRounds : 1;
}

/// Of what `request` has left of the network.
void add_flow(const Graph& graph, const prune::Request& request, calibrate::Gains& gains,
              SignalValues& shown) {
    Graph left = graph;
    if (request.current != nullptr) request.current->apply(left.initializers);
    shown["flow"] = calibrate::synaptic_flow(left, names_of(request), 0, &gains);
}

}  // namespace

prune::Plan plan_scored(const Graph& graph, const Cut& how, prune::Request request, SignalValues shown,
                        const Watch& watch) {
    const std::int64_t rounds = rounds_of(how, request.criterion);
    std::optional<OwnSignals> signals;
    calibrate::Gains gains;
    std::int64_t round = 0;
    const auto refresh = [&](prune::Request& asked) {
        if (watch.is_stopped()) throw Interrupted("stopped; nothing was written");
        if (needs(asked.criterion, "flow")) add_flow(graph, asked, gains, shown);
        signals.emplace(graph, asked, how.include, shown);
        signals->attach(asked.weights);
        if (watch.progress && rounds > 1)
            watch.progress(static_cast<double>(++round) / static_cast<double>(rounds), "scores");
    };
    if (rounds == 1) {
        refresh(request);
        return prune::plan(request);
    }
    if (!how.target.sparsity)
        throw InvalidArgument(fmt::format(
            "{} takes its scores anew in {} rounds, which divide a sparsity: --sparsity, or --score-rounds 1",
            how.criterion, rounds));
    return prune::plan_in_rounds(std::move(request), {.rounds = rounds, .sparsity = how.target.sparsity},
                                 refresh);
}

}  // namespace espalier::experiment
