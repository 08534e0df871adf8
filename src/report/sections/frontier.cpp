// What accuracy costs in time: every measured level as a point.
#include <fmt/format.h>

#include "base/text/numbers.h"
#include "report/figures/series.h"
#include "report/section.h"
#include "report/text.h"

namespace espalier::report::sections_::frontier_ {
namespace {

Line line_of(const Arm& ticket, const LatencySeries& series) {
    Line line{.name = "ticket", .label = "Levels of the ticket", .points = {}};
    for (const LatencyPoint& at : series.points) {
        const Level* level = ticket.find(at.level);
        if (level == nullptr) continue;
        std::vector<double> accuracies;
        for (const store::Stage& stage : level->replicates) accuracies.push_back(stage.test_accuracy);
        line.points.push_back(line_point(at.sparse_ms.mean, accuracies, 100,
                                         fmt::format("level {}: {:.3g} ms, {} of the weights left", at.level,
                                                     at.sparse_ms.mean, share(at.share))));
    }
    return line;
}

Content write(const Experiment& experiment) {
    const Arm* ticket = experiment.ticket();
    if (ticket == nullptr || experiment.latencies.empty()) return {};
    std::vector<Plot> plots;
    for (const LatencySeries& series : experiment.latencies) {
        Plot plot{.axis = Plot::Axis::linear,
                  .title = experiment.latencies.size() > 1 ? series.label() : "",
                  .x = fmt::format("Time of a batch (ms, {})", series.label()),
                  .y = "Test accuracy (%)",
                  .unit = " %"};
        plot.lines.push_back(line_of(*ticket, series));
        if (plot.lines.front().points.size() > 1) plots.push_back(std::move(plot));
    }
    if (plots.empty()) return {};
    return {"", to_json(plots),
            "Every level by the time that its exported network takes here and by its accuracy at the end of "
            "training: up and to the left is better. Bands are 95 % confidence intervals over replicates."};
}

}  // namespace

extern const Section frontier{.name = "frontier",
                              .summary = "measured time against accuracy, level by level",
                              .title = "Time against accuracy",
                              .link = "Frontier",
                              .position = 41,
                              .write = write};

}  // namespace espalier::report::sections_::frontier_
