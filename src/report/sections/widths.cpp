// How wide each layer is at each level of a run that removes what it cuts.
#include <fmt/format.h>

#include <algorithm>

#include "report/figures/series.h"
#include "report/section.h"

namespace espalier::report::sections_::widths_ {
namespace {

using store::LayerCount;
using store::Stage;

constexpr std::size_t kLevelsShown = 6;

bool has_widths(const Level& level) {
    return std::ranges::any_of(level.replicates.front().layers,
                               [](const LayerCount& layer) { return layer.width_total > 0; });
}

/// The first level, the last, and some between.
std::vector<const Level*> shown(const Arm& ticket) {
    std::vector<const Level*> levels;
    const std::size_t count = ticket.levels.size();
    const std::size_t lines = std::min(count, kLevelsShown);
    for (std::size_t i = 0; i < lines; ++i)
        levels.push_back(&ticket.levels[lines == 1 ? 0 : i * (count - 1) / (lines - 1)]);
    return levels;
}

Line line_of(const Level& level) {
    Line line{.name = fmt::format("level {}", level.level),
              .label = level.level == 0 ? "Before" : fmt::format("Level {}", level.level),
              .points = {}};
    const std::vector<LayerCount>& layers = level.replicates.front().layers;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        std::vector<double> widths;
        for (const Stage& stage : level.replicates) {
            if (i < stage.layers.size()) widths.push_back(static_cast<double>(stage.layers[i].width));
        }
        line.points.push_back(line_point(static_cast<double>(i), widths, 1, layers[i].name));
    }
    return line;
}

Content write(const Experiment& experiment) {
    const Arm* ticket = experiment.ticket();
    if (ticket == nullptr || !has_widths(ticket->levels.front())) return {};
    Plot plot{.axis = Plot::Axis::categories, .x = "Layer, in the order of the network", .y = "Outputs"};
    for (const LayerCount& layer : ticket->levels.front().replicates.front().layers)
        plot.categories.push_back(layer.name);
    for (const Level* level : shown(*ticket)) plot.lines.push_back(line_of(*level));
    return {
        "", to_json(std::vector<Plot>{std::move(plot)}),
        "Channels and neurons of each layer before anything was removed, and at levels of the ticket. What "
        "is between two lines is in the file of the lower one no longer. Layers that stand in one residual "
        "sum get narrower together."};
}

}  // namespace

extern const Section widths{.name = "widths",
                            .summary = "width of each layer before and after what was removed",
                            .title = "Widths before and after",
                            .link = "Widths",
                            .position = 51,
                            .write = write};

}  // namespace espalier::report::sections_::widths_
