#include <fmt/format.h>

#include "base/text/text_table.h"
#include "report/figures/orders.h"
#include "report/findings/experiment.h"
#include "report/findings/wording.h"
#include "report/text.h"

namespace espalier::report {
namespace {

using store::Stage;
using Align = TextTable::Align;

constexpr const char* kDash = "–";

std::string accuracy_cell(const Spread& spread) {
    if (spread.count < 2) return percent(spread.mean);
    return fmt::format("{} ({})", percent(spread.mean), percent_range(spread));
}

std::string metric_cell(const Spread& spread, const store::MetricValue& metric) {
    if (spread.count == 0) return kDash;
    return metric.is_share ? accuracy_cell(spread) : fmt::format("{:.4g}", spread.mean);
}

/// A column of the table, with its cells: one a level.
struct Cells {
    TextTable::Column column;
    std::vector<std::string> cells;
};

template <class Cell>
void add(std::vector<Cells>& table, TextTable::Column column, const Arm& ticket, Cell cell) {
    column.align = Align::right;
    Cells all{std::move(column), {}};
    for (const Level& level : ticket.levels) all.cells.push_back(cell(level));
    table.push_back(std::move(all));
}

void add_levels(std::vector<Cells>& table, const Arm& ticket) {
    add(table, {"level"}, ticket, [](const Level& level) { return std::to_string(level.level); });
    add(table, {"weights left"}, ticket, [](const Level& level) { return whole(level.weights_left()); });
    add(table, {""}, ticket, [](const Level& level) { return share(level.share()); });
}

void add_arm(std::vector<Cells>& table, const Arm& ticket, const Arm& arm,
             const std::vector<store::MetricValue>& metrics) {
    const auto column = [&](const std::string& heading, bool optional, auto value) {
        add(table, {.heading = heading, .group = arm.label, .optional = optional}, ticket,
            [&](const Level& row) {
                const Level* level = arm.find(row.level);
                return level == nullptr ? std::string(kDash) : value(*level);
            });
    };
    column("validation", false,
           [](const Level& level) { return accuracy_cell(level.of(&Stage::validation_accuracy)); });
    column("test", false, [](const Level& level) { return accuracy_cell(level.of(&Stage::test_accuracy)); });
    column("test, early stop", true,
           [](const Level& level) { return accuracy_cell(level.of(&Stage::best_test_accuracy)); });
    column("least loss at", false,
           [](const Level& level) { return whole(level.of(&Stage::best_step).mean); });
    for (const store::MetricValue& metric : metrics) {
        column(metric.name, false,
               [&](const Level& level) { return metric_cell(level.of_metric(metric.name), metric); });
    }
}

void add_latency(std::vector<Cells>& table, const Arm& ticket, const LatencySeries& series) {
    const auto column = [&](const std::string& heading, auto value) {
        add(table, {.heading = heading, .group = series.label()}, ticket, [&](const Level& row) {
            const LatencyPoint* point = series.find(row.level);
            return point == nullptr ? std::string(kDash) : value(*point);
        });
    };
    column("dense", [](const LatencyPoint& point) { return duration(point.dense_ms); });
    column("sparse", [](const LatencyPoint& point) { return duration(point.sparse_ms); });
    column("speed", [](const LatencyPoint& point) { return times(point.speed_up); });
}

std::string note(const Experiment& experiment, std::size_t width) {
    std::string text = worded(experiment, "accuracies in % at the end of training");
    if (experiment.replicates() > 1)
        text += fmt::format(": mean (least–greatest) of up to {} replicates", experiment.replicates());
    text = wrapped(text + "; least loss at: step of least validation loss; early stop: at that step", width);
    if (!experiment.metrics().empty()) text += "metrics of the recipe: on the test split, shares in %\n";
    if (!experiment.latencies.empty()) {
        text += wrapped(
            "latency of one batch: median (10th–90th percentile); speed: dense time over sparse time, no "
            "difference where its interval holds 1",
            width);
    }
    return text;
}

}  // namespace

std::string level_table(const store::Run& run, std::size_t width) {
    const Experiment experiment = gather(run);
    const Arm* ticket = experiment.ticket();
    if (ticket == nullptr) return "no stage of the ticket is finished yet\n";
    std::vector<Cells> columns;
    add_levels(columns, *ticket);
    const std::size_t repeated = columns.size();
    for (const Arm& arm : experiment.arms) add_arm(columns, *ticket, arm, experiment.metrics());
    for (const LatencySeries& series : experiment.latencies) add_latency(columns, *ticket, series);

    std::vector<TextTable::Column> headings;
    for (const Cells& one : columns) headings.push_back(one.column);
    TextTable table(std::move(headings));
    table.repeat(repeated);
    for (std::size_t row = 0; row < ticket->levels.size(); ++row) {
        std::vector<std::string> cells;
        for (const Cells& one : columns) cells.push_back(one.cells[row]);
        table.add(std::move(cells));
    }
    std::string orders;
    for (const std::string& line : order_lines(experiment)) orders += wrapped(line, width);
    const auto others = experiment.facts.find("not prunable");
    return table.text(width) +
           (others == experiment.facts.end()
                ? ""
                : wrapped("weights left: of the prunable ones; " + others->second, width)) +
           note(experiment, width) + orders;
}

}  // namespace espalier::report
