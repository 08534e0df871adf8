// The level table: all numbers of the run, one row a level.
#include <fmt/format.h>

#include "base/text/numbers.h"
#include "report/figures/orders.h"
#include "report/section.h"
#include "report/text.h"

namespace espalier::report::sections_::levels_ {
namespace {

using store::Stage;

/// Columns under a common title, for one arm, one batch size, ...
struct Group {
    std::string title;
    std::vector<std::string> headings;
    std::vector<std::vector<std::string>> rows;  // HTML, one a level
};

/// A value and, small beneath it, where it ranges.
std::string cell(const std::string& value, const std::string& small) {
    return small.empty() ? value : fmt::format("{}<small>{}</small>", value, small);
}

/// The range, and the number of replicates where it is not that of the run.
std::string range(const std::string& text, int count, int usual) {
    if (count == usual) return count > 1 ? text : "";
    return count > 1 ? fmt::format("{}, n = {}", text, count) : fmt::format("n = {}", count);
}

std::string metric_cell(const Spread& spread, const store::MetricValue& metric, int usual) {
    if (spread.count == 0) return "–";
    if (metric.is_share) return cell(percent(spread.mean), range(percent_range(spread), spread.count, usual));
    return cell(fmt::format("{:.4g}", spread.mean),
                range(fmt::format("{:.4g}–{:.4g}", spread.low, spread.high), spread.count, usual));
}

std::vector<std::string> arm_cells(const Level* level, const std::vector<store::MetricValue>& metrics,
                                   int usual) {
    if (level == nullptr) return std::vector<std::string>(3 + metrics.size(), "–");
    std::vector<std::string> cells;
    for (double Stage::*member : {&Stage::validation_accuracy, &Stage::test_accuracy}) {
        const Spread spread = level->of(member);
        cells.push_back(cell(percent(spread.mean), range(percent_range(spread), spread.count, usual)));
    }
    const Spread step = level->of(&Stage::best_step);
    const std::string steps = fmt::format("{}–{}", whole(step.low), whole(step.high));
    cells.push_back(cell(whole(step.mean), range(steps, step.count, usual)));
    for (const store::MetricValue& metric : metrics)
        cells.push_back(metric_cell(level->of_metric(metric.name), metric, usual));
    return cells;
}

Group arm_group(const Arm& ticket, const Arm& arm, const Experiment& experiment) {
    const std::vector<store::MetricValue> metrics = experiment.metrics();
    Group group{escape_html(arm.label), {"validation %", "test %", "least loss at step"}, {}};
    for (const store::MetricValue& metric : metrics)
        group.headings.push_back(escape_html(metric.name) + (metric.is_share ? " %" : ""));
    for (const Level& level : ticket.levels)
        group.rows.push_back(arm_cells(arm.find(level.level), metrics, experiment.replicates()));
    return group;
}

Group weights_group(const Arm& ticket) {
    Group group{"Weights left", {"count", "share"}, {}};
    for (const Level& level : ticket.levels) {
        group.rows.push_back({whole(level.weights_left()), share(level.share())});
    }
    return group;
}

Group macs_group(const Arm& ticket) {
    Group group{"Work", {"MACs"}, {}};
    for (const Level& level : ticket.levels)
        group.rows.push_back({whole(level.replicates.front().macs_left())});
    return group;
}

/// An exported file is the same whatever batch it is run with.
Group file_group(const Arm& ticket, const LatencySeries& series) {
    Group group{"Exported", {"file"}, {}};
    for (const Level& level : ticket.levels) {
        const LatencyPoint* point = series.find(level.level);
        group.rows.push_back(
            {point == nullptr ? "–" : format_bytes(static_cast<std::uintmax_t>(point->file_bytes.mean))});
    }
    return group;
}

Group latency_group(const Arm& ticket, const LatencySeries& series) {
    Group group{series.label(), {"dense", "sparse", "speed"}, {}};
    for (const Level& level : ticket.levels) {
        const LatencyPoint* point = series.find(level.level);
        if (point == nullptr) {
            group.rows.push_back({"–", "–", "–"});
            continue;
        }
        const auto time = [](const Spread& one) { return cell(duration(one.mean), duration_range(one)); };
        group.rows.push_back({time(point->dense_ms), time(point->sparse_ms),
                              cell(times(point->speed_up),
                                   fmt::format("{:.2f}–{:.2f}", point->speed_up.low, point->speed_up.high))});
    }
    return group;
}

std::vector<Group> groups_of(const Experiment& experiment, const Arm& ticket) {
    std::vector<Group> groups{weights_group(ticket)};
    for (const Arm& arm : experiment.arms) groups.push_back(arm_group(ticket, arm, experiment));
    if (ticket.levels.front().replicates.front().macs_left() > 0) groups.push_back(macs_group(ticket));
    if (!experiment.latencies.empty()) groups.push_back(file_group(ticket, experiment.latencies.front()));
    for (const LatencySeries& series : experiment.latencies) groups.push_back(latency_group(ticket, series));
    return groups;
}

std::string head(const std::vector<Group>& groups) {
    std::string titles = "<tr><th rowspan=\"2\" scope=\"col\">Level</th>";
    std::string headings = "<tr>";
    for (const Group& group : groups) {
        titles += fmt::format("<th class=\"first\" colspan=\"{}\" scope=\"colgroup\">{}</th>",
                              group.headings.size(), group.title);
        for (std::size_t i = 0; i < group.headings.size(); ++i) {
            headings += fmt::format("<th{} scope=\"col\">{}</th>", i == 0 ? " class=\"first\"" : "",
                                    group.headings[i]);
        }
    }
    return fmt::format("<thead>{}</tr>\n{}</tr></thead>\n", titles, headings);
}

std::string body(const Arm& ticket, const std::vector<Group>& groups) {
    std::string html = "<tbody>\n";
    for (std::size_t row = 0; row < ticket.levels.size(); ++row) {
        html += fmt::format("<tr><th scope=\"row\">{}</th>", ticket.levels[row].level);
        for (const Group& group : groups) {
            for (std::size_t i = 0; i < group.rows[row].size(); ++i) {
                html += fmt::format("<td{}>{}</td>", i == 0 ? " class=\"first\"" : "", group.rows[row][i]);
            }
        }
        html += "</tr>\n";
    }
    return html + "</tbody>\n";
}

Content write(const Experiment& experiment) {
    const Arm* ticket = experiment.ticket();
    if (ticket == nullptr) return nothing("No stage of the ticket is finished yet.");
    const std::vector<Group> groups = groups_of(experiment, *ticket);
    Content content;
    content.html = fmt::format(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of all levels\">\n"
        "<table class=\"levels\">\n{}{}</table></div>\n",
        head(groups), body(*ticket, groups));
    content.html += fmt::format(
        "<p class=\"note\">Accuracies at the end of training: mean and, beneath it, least and greatest "
        "of n = {} {}. Times are of one batch: median, 10th and 90th percentile; speed is dense time over "
        "sparse time and, beneath it, its 95 % confidence interval (of runs that did not measure it, what "
        "the "
        "percentiles allow): no difference where that holds 1. MACs are the multiply-adds of the weights "
        "left for one example: a count of "
        "work, not of time. A mask alone makes no network smaller: sizes are those of exported "
        "files.</p>\n",
        experiment.replicates(), experiment.replicates() == 1 ? "replicate" : "replicates");
    for (const std::string& line : order_lines(experiment))
        content.html += fmt::format("<p class=\"note\">{}</p>\n", escape_html(line));
    return content;
}

}  // namespace

extern const Section levels{.name = "levels",
                            .summary = "table of all levels",
                            .title = "All levels",
                            .link = "Table",
                            .position = 70,
                            .write = write};

}  // namespace espalier::report::sections_::levels_
