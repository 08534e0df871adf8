#include <fmt/format.h>

#include <algorithm>

#include "report/experiment.h"
#include "report/text.h"

namespace espalier::report {
namespace {

using store::Stage;

/// Columns under a common title; cells are right-aligned.
struct Group {
    std::string title;
    std::vector<std::vector<std::string>> columns;  // each: heading, then one cell a level
};

std::size_t width_of(const std::string& text) {  // UTF-8 continuation bytes take no place
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width, bool left) {
    const std::string blank(width - std::min(width, width_of(text)), ' ');
    return left ? text + blank : blank + text;
}

std::string accuracy_cell(const Spread& spread) {
    if (spread.count < 2) return percent(spread.mean);
    return fmt::format("{} ({})", percent(spread.mean), percent_range(spread));
}

Group level_group(const Arm& ticket) {
    Group group{"", {{"level"}, {"weights left"}, {""}}};
    for (const Level& level : ticket.levels) {
        group.columns[0].push_back(std::to_string(level.level));
        group.columns[1].push_back(whole(level.weights_left()));
        group.columns[2].push_back(share(level.share()));
    }
    return group;
}

std::string metric_cell(const Spread& spread, const store::MetricValue& metric) {
    if (spread.count == 0) return "–";
    return metric.is_share ? accuracy_cell(spread) : fmt::format("{:.4g}", spread.mean);
}

Group arm_group(const Arm& ticket, const Arm& arm, const std::vector<store::MetricValue>& metrics) {
    Group group{arm.label, {{"validation"}, {"test"}, {"least loss at"}}};
    for (const store::MetricValue& metric : metrics) group.columns.push_back({metric.name});
    for (const Level& row : ticket.levels) {
        const Level* level = arm.find(row.level);
        if (level == nullptr) {
            for (auto& column : group.columns) column.emplace_back("–");
            continue;
        }
        group.columns[0].push_back(accuracy_cell(level->of(&Stage::validation_accuracy)));
        group.columns[1].push_back(accuracy_cell(level->of(&Stage::test_accuracy)));
        group.columns[2].push_back(whole(level->of(&Stage::best_step).mean));
        for (std::size_t i = 0; i < metrics.size(); ++i)
            group.columns[3 + i].push_back(metric_cell(level->of_metric(metrics[i].name), metrics[i]));
    }
    return group;
}

Group latency_group(const Arm& ticket, const LatencySeries& series) {
    Group group{series.label(), {{"dense"}, {"sparse"}, {"ratio"}}};
    for (const Level& row : ticket.levels) {
        const LatencyPoint* point = series.find(row.level);
        group.columns[0].push_back(point == nullptr ? "–" : duration(point->dense_ms));
        group.columns[1].push_back(point == nullptr ? "–" : duration(point->sparse_ms));
        group.columns[2].push_back(point == nullptr ? "–" : times(point->ratio.mean));
    }
    return group;
}

/// One string a line: the title, the headings, the levels.
std::vector<std::string> lines_of(const Group& group) {
    const std::size_t rows = group.columns.front().size();
    std::vector<std::string> lines(rows + 1);
    for (const auto& column : group.columns) {
        std::size_t width = 0;
        for (const std::string& cell : column) width = std::max(width, width_of(cell));
        for (std::size_t row = 0; row < rows; ++row)
            lines[row + 1] += "  " + padded(column[row], width, false);
    }
    lines[0] = padded("  " + group.title, width_of(lines[1]), true);
    return lines;
}

std::string note(const Experiment& experiment) {
    std::string text = "accuracies in % at the end of training";
    if (experiment.replicates() > 1) {
        text += fmt::format(": mean (least–greatest) of up to {} replicates", experiment.replicates());
    }
    text += "; least loss at: step of least validation loss\n";
    if (!experiment.metrics().empty()) text += "metrics of the recipe: on the test split, shares in %\n";
    if (!experiment.latencies.empty()) {
        text += "latency of one batch: median (10th–90th percentile); ratio: dense time over sparse time\n";
    }
    return text;
}

/// Groups side by side, as one text.
std::string block(const std::vector<Group>& groups) {
    std::vector<std::string> table;
    for (const Group& group : groups) {
        const std::vector<std::string> lines = lines_of(group);
        table.resize(lines.size());
        for (std::size_t i = 0; i < lines.size(); ++i) table[i] += lines[i] + " ";
    }
    std::string text;
    for (std::string& line : table) {
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

}  // namespace

std::string level_table(const store::Run& run, std::size_t width) {
    const Experiment experiment = gather(run);
    const Arm* ticket = experiment.ticket();
    if (ticket == nullptr) return "no stage of the ticket is finished yet\n";
    std::vector<Group> groups;
    for (const Arm& arm : experiment.arms) groups.push_back(arm_group(*ticket, arm, experiment.metrics()));
    for (const LatencySeries& series : experiment.latencies) groups.push_back(latency_group(*ticket, series));

    std::string text;
    const Group levels = level_group(*ticket);
    const auto columns = [](const Group& group) { return width_of(lines_of(group)[1]) + 1; };
    std::vector<Group> row{levels};
    std::size_t used = columns(levels);
    for (Group& group : groups) {
        const std::size_t more = columns(group);
        if (width > 0 && row.size() > 1 && used + more > width) {
            text += block(row) + "\n";
            row = {levels};
            used = columns(levels);
        }
        row.push_back(std::move(group));
        used += more;
    }
    return text + block(row) + note(experiment);
}

}  // namespace espalier::report
