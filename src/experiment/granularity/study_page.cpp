// The page of a study: accuracy against measured time, speed-up against multiply-adds saved, and layers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "experiment/granularity/study.h"
#include "report/figures/series.h"
#include "report/page.h"
#include "report/text.h"

namespace espalier::experiment {
namespace {

using report::Line;
using report::LinePoint;
using report::Plot;

constexpr const char* kDrawing =
    "for (const name of [\"frontier\", \"efficiency\", \"layers\"])\n"
    "    espalier.section(name, (box, data, state) => espalier.plot.figure(box, name, data, state));\n";

std::string note_of(const StudyCell& cell) {
    return fmt::format("{}, {:.1f} % zeros: {:.4g} ms, {:.2f} times dense", cell.name(), 100 * cell.sparsity,
                       cell.median_ms, cell.speedup);
}

/// A line for each granularity, a point for each sparsity.
std::vector<Line> lines_of(const Study& study, LinePoint (*point)(const StudyCell& cell)) {
    std::vector<Line> lines;
    for (const StudyCell& cell : study.cells) {
        auto line = std::ranges::find(lines, cell.name(), &Line::name);
        if (line == lines.end()) line = lines.insert(lines.end(), {cell.name(), cell.name(), {}});
        line->points.push_back(point(cell));
    }
    return lines;
}

LinePoint at(double x, double y, double low, double high, const StudyCell& cell) {
    return {.x = x, .mean = y, .low = low, .high = high, .count = 1, .note = note_of(cell)};
}

/// In %, from samples taken in turn: the clock of one cell need not be that of the next.
double time_over_dense(const StudyCell& cell) { return 100 / cell.speedup; }

std::string setting(const Study& study) {
    return fmt::format("batch {}, {} thread{}", study.batch, study.threads, study.threads == 1 ? "" : "s");
}

report::Content frontier(const Study& study) {
    const bool trained = !study.dense_accuracies.empty();
    Plot plot{.axis = Plot::Axis::linear,
              .x = fmt::format("Time of a run over that of the dense network, {} (%)", setting(study)),
              .y = trained ? fmt::format("Test {} after retraining (%)", study.score)
                           : "Magnitude of the weights kept (%)",
              .unit = " %"};
    if (trained) {
        plot.lines = lines_of(study, [](const StudyCell& cell) {
            return report::line_point(time_over_dense(cell), cell.accuracies, 100, note_of(cell));
        });
        plot.reference = "Dense";
        plot.reference_at = 100 * report::spread(study.dense_accuracies).mean;
    } else {
        plot.lines = lines_of(study, [](const StudyCell& cell) {
            const double kept = 100 * cell.magnitude_left;
            return at(time_over_dense(cell), kept, kept, kept, cell);
        });
    }
    return {
        "", to_json(std::vector{plot}),
        trained
            ? "Further left is faster, further up more accurate: what lies up and left of another is better "
              "at "
              "both. Every point was retrained from the same dense network for as many steps."
            : "Further left is faster; further up keeps more of the weights' magnitude, which stands in for "
              "accuracy here as nothing was retrained: a study of a recipe measures accuracy."};
}

report::Content efficiency(const Study& study) {
    Plot plot{.axis = Plot::Axis::linear,
              .x = "Multiply-adds before over those that are left",
              .y = "Speed-up over dense, measured",
              .unit = " ×"};
    plot.lines = lines_of(study, [](const StudyCell& cell) {
        const double saved = cell.macs_left > 0 ? 1 / cell.macs_left : 1;
        return at(saved, cell.speedup, cell.speedup_low, cell.speedup_high, cell);
    });
    Line allowed{"allowed", "What they would allow", {}};
    std::map<double, LinePoint> points;
    for (const Line& line : plot.lines) {
        for (const LinePoint& point : line.points)
            points[std::round(100 * point.x)] = {.x = point.x,
                                                 .mean = point.x,
                                                 .low = point.x,
                                                 .high = point.x,
                                                 .count = 1,
                                                 .note = "as much faster as multiply-adds are saved"};
    }
    for (const auto& [x, point] : points) allowed.points.push_back(point);
    plot.lines.push_back(std::move(allowed));  // last, so that granularities look as in the other plots
    plot.reference = "As fast as dense";
    plot.reference_at = 1;
    return {"", to_json(std::vector{plot}),
            "How far a granularity stays below what the multiply-adds saved would allow is what its zeros "
            "cost to "
            "skip. Bands are 95 % intervals of samples taken in turn with the dense network."};
}

/// The sparsity that most granularities have and that is nearest to 90 %.
double shown_sparsity(const Study& study) {
    double best = study.cells.front().asked;
    for (const StudyCell& cell : study.cells) {
        if (cell.granularity.find(':') != std::string::npos) continue;  // N:M have a sparsity of their own
        if (std::abs(cell.asked - 0.9) < std::abs(best - 0.9)) best = cell.asked;
    }
    return best;
}

report::Content layers(const Study& study) {
    const double shown = shown_sparsity(study);
    Plot plot{.axis = Plot::Axis::categories,
              .x = "Layer, in the order of the network",
              .y = fmt::format("Speed-up of the layer at {:.4g} % zeros", 100 * shown),
              .unit = " ×",
              .reference = "As fast as dense",
              .reference_at = 1};
    for (const StudyCell& cell : study.cells) {
        if (std::abs(cell.asked - shown) > 1e-9) continue;
        Line line{cell.name(), cell.name(), {}};
        for (const StudyCell::Layer& layer : cell.layers) {
            auto known = std::ranges::find(plot.categories, layer.node);
            if (known == plot.categories.end()) known = plot.categories.insert(known, layer.node);
            if (!(layer.us > 0 && layer.dense_us > 0)) continue;
            const double ratio = layer.dense_us / layer.us;
            line.points.push_back({.x = static_cast<double>(known - plot.categories.begin()),
                                   .mean = ratio,
                                   .low = ratio,
                                   .high = ratio,
                                   .count = 1,
                                   .note = fmt::format("{}: {} in {:.0f} µs, dense {:.0f} µs", layer.node,
                                                       layer.kernel, layer.us, layer.dense_us)});
        }
        plot.lines.push_back(std::move(line));
    }
    return {"", to_json(std::vector{plot}),
            "Each layer by itself, timed when the network was compiled. Where a point is at 1 the layer runs "
            "dense: no "
            "sparse kernel was faster."};
}

}  // namespace

std::string to_html(const Study& study) {
    struct Part {
        const char* name;
        const char* title;
        const char* link;
        report::Content content;
    };
    const Part parts[] = {
        {"frontier", "What each granularity gives at what time", "Frontier", frontier(study)},
        {"efficiency", "Speed-up against multiply-adds saved", "Efficiency", efficiency(study)},
        {"layers", "Which layers gain", "Layers", layers(study)}};
    report::Shell shell{
        .title = report::escape_html("Granularities of " + study.model),
        .scope = report::escape_html(fmt::format("{} cells · {}", study.cells.size(), setting(study))),
        .origin = report::escape_html(study.processor + " · " + study.version),
        .links = {},
        .sections = {},
        .drawing = kDrawing};
    for (const Part& part : parts) {
        shell.links += fmt::format("<a href=\"#{}\">{}</a>\n", part.name, part.link);
        shell.sections += report::section_html(part.name, part.title, part.content);
    }
    return report::page_of(shell);
}

}  // namespace espalier::experiment
