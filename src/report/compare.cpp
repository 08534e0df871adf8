// Runs side by side, as a table, as JSON and as a page.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "base/text/text_table.h"
#include "espalier/error.h"
#include "report/figures/series.h"
#include "report/findings/claims.h"
#include "report/findings/published.h"
#include "report/findings/wording.h"
#include "report/page.h"
#include "report/text.h"

namespace espalier::report {
namespace {

using store::Stage;

constexpr double kShares[] = {0.5, 0.2, 0.1, 0.05, 0.02, 0.01};

std::string name_of(const Experiment& experiment) {
    const std::filesystem::path whole = std::filesystem::absolute(experiment.folder).lexically_normal();
    return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

std::vector<Experiment> gather_all(std::span<const store::Run> runs) {
    if (runs.size() < 2)
        throw InvalidArgument(fmt::format("compare: got {} run, expected two or more", runs.size()));
    std::vector<Experiment> all;
    for (const store::Run& run : runs) all.push_back(gather(run));
    for (const Experiment& one : all) {
        if (score_of(one) == score_of(all.front())) continue;
        throw InvalidArgument(
            fmt::format("compare: {} is measured by {} and {} by {}, which have nothing in common",
                        name_of(all.front()), score_of(all.front()), name_of(one), score_of(one)));
    }
    return all;
}

/// "89.61 ± 0.24 (n = 3)"
std::string with_interval(const Spread& spread) {
    const double margin = margin_95(spread.deviation, spread.count);
    if (!std::isfinite(spread.mean)) return fmt::format("not a number (n = {})", spread.count);
    if (!std::isfinite(margin)) return fmt::format("{} (n = {})", percent(spread.mean), spread.count);
    return fmt::format("{} ± {} (n = {})", percent(spread.mean), percent(margin), spread.count);
}

std::string test_of(const Level& level) { return with_interval(level.of(&Stage::test_accuracy)); }

struct Row {
    std::string label;
    std::vector<std::string> cells;  // one a run
};

const Level* near(const Experiment& one, double share) {
    return one.ticket() ? level_near(*one.ticket(), share) : nullptr;
}

/// Replicate i of both has the same seed and the same examples, so that what differs is what the recipes
/// differ in.
bool is_pairable(const Experiment& a, const Experiment& b) {
    if (!a.settings || !b.settings) return false;
    const Recipe::Data& ours = a.settings->data;
    const Recipe::Data& theirs = b.settings->data;
    return a.settings->experiment.seed == b.settings->experiment.seed && ours.dataset == theirs.dataset &&
           ours.validation == theirs.validation && ours.test == theirs.test;
}

/// Of test accuracy, `one` minus `first`, in pairs; count 0 where there are none.
Difference against(const Experiment& one, const Level* level, const Experiment& first, const Level* base) {
    if (&one == &first || level == nullptr || base == nullptr || !is_pairable(one, first))
        return difference({});
    return paired(*level, *base, test_accuracy);
}

std::vector<Row> rows_of(const std::vector<Experiment>& all) {
    std::vector<Row> rows;
    const auto add = [&](const std::string& label, auto&& cell) {
        Row row{label, {}};
        for (const Experiment& experiment : all) row.cells.push_back(cell(experiment));
        rows.push_back(std::move(row));
    };
    const std::string none = "–";
    const auto add_difference = [&](const auto& level_of) {
        add(fmt::format("  minus {}", name_of(all.front())), [&](const Experiment& one) {
            const Difference found = against(one, level_of(one), all.front(), level_of(all.front()));
            return found.count == 0 ? none : interval(found);
        });
        const auto& cells = rows.back().cells;
        if (std::ranges::all_of(cells, [&](const std::string& cell) { return cell == none; }))
            rows.pop_back();
    };
    add("", [](const Experiment& one) { return name_of(one); });
    add("what", [](const Experiment& one) { return one.title; });
    add("replicates", [](const Experiment& one) { return std::to_string(one.replicates()); });
    add("dense, test %", [&](const Experiment& one) { return one.dense() ? test_of(*one.dense()) : none; });
    add_difference([](const Experiment& one) { return one.dense(); });
    add("sparsest within 0.5 points", [&](const Experiment& one) {
        const Level* level = sparsest_near_dense(one);
        return level ? fmt::format("{} left, level {}", share(level->share()), level->level) : none;
    });
    add("  its test %", [&](const Experiment& one) {
        const Level* level = sparsest_near_dense(one);
        return level ? test_of(*level) : none;
    });
    for (const double wanted : kShares) {
        add(fmt::format("test % near {} left", share(wanted)), [&](const Experiment& one) {
            const Level* level = near(one, wanted);
            return level ? fmt::format("{} at {}", test_of(*level), share(level->share())) : none;
        });
        add_difference([&](const Experiment& one) { return near(one, wanted); });
    }
    return rows;
}

constexpr const char* kNote =
    "means ± half the 95 % confidence interval (Student's t) over n replicates; levels are chosen by "
    "validation "
    "accuracy; differences are of replicates in pairs, between runs of one seed and the same data";

std::string table_html(const std::vector<Row>& rows) {
    std::string html =
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Runs side by side\">\n<table "
        "class=\"words\">";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i == 0) html += "<thead>";
        html += fmt::format("<tr><th scope=\"row\">{}</th>", escape_html(rows[i].label));
        for (const std::string& cell : rows[i].cells)
            html += fmt::format("<{0}>{1}</{0}>", i == 0 ? "th" : "td", escape_html(unbroken(cell)));
        html += i == 0 ? "</tr></thead>\n<tbody>\n" : "</tr>\n";
    }
    return html + fmt::format("</tbody></table></div>\n<p class=\"note\">{}.</p>\n", escape_html(kNote));
}

nlohmann::ordered_json numbers(const Spread& spread) {
    const double margin = margin_95(spread.deviation, spread.count);
    return {{"mean", spread.mean},
            {"deviation", spread.deviation},
            {"low", spread.mean - margin},
            {"high", spread.mean + margin},
            {"least", spread.low},
            {"greatest", spread.high},
            {"n", spread.count}};
}

Json level_json(const Level* level) {
    if (level == nullptr) return nullptr;
    return {{"level", level->level},
            {"weights_left", level->weights_left()},
            {"share", level->share()},
            {"test", numbers(level->of(&Stage::test_accuracy))},
            {"validation", numbers(level->of(&Stage::validation_accuracy))}};
}

/// Null for the first run, and where nothing pairs.
Json differences_json(const Experiment& one, const Experiment& first) {
    Json found = Json::array();
    const auto add = [&](const char* what, double share, const Level* level, const Level* base) {
        const Difference pairs = against(one, level, first, base);
        if (pairs.count == 0) return;
        found.push_back({{"what", what},
                         {"share", share},
                         {"mean", pairs.mean},
                         {"low", pairs.low()},
                         {"high", pairs.high()},
                         {"n", pairs.count}});
    };
    add("dense", 1, one.dense(), first.dense());
    for (const double share : kShares) add("near", share, near(one, share), near(first, share));
    return found.empty() ? Json(nullptr) : found;
}

/// The tickets of all runs as arms of one plot; a name stands for one line, so equal ones get a number.
Json curves_of(const std::vector<Experiment>& all) {
    Json arms = Json::array();
    Json measures = Json::array();
    for (const Measure& measure : accuracy_measures())
        measures.push_back({{"key", measure.key}, {"label", measure.label}});
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].ticket() == nullptr) continue;
        Json arm = to_json(*all[i].ticket(), accuracy_measures());
        arm["name"] = fmt::format("run {}: {}", i + 1, name_of(all[i]));
        arm["label"] = name_of(all[i]);
        arms.push_back(std::move(arm));
    }
    return {{"score", score_of(all.front())}, {"measures", std::move(measures)}, {"arms", std::move(arms)}};
}

}  // namespace

std::string comparison_table(std::span<const store::Run> runs, std::size_t width) {
    const std::vector<Experiment> all = gather_all(runs);
    const std::vector<Row> rows = rows_of(all);
    std::vector<TextTable::Column> columns = {{.heading = rows.front().label, .least = 28}};
    for (const std::string& name : rows.front().cells) columns.push_back({.heading = name, .least = 24});
    TextTable table(std::move(columns));
    table.repeat(1);
    for (std::size_t i = 1; i < rows.size(); ++i) {
        std::vector<std::string> cells = {rows[i].label};
        cells.insert(cells.end(), rows[i].cells.begin(), rows[i].cells.end());
        table.add(std::move(cells));
    }
    return table.text(width) + wrapped(worded(all.front(), kNote), width);
}

std::string comparison_json(std::span<const store::Run> runs) {
    Json out = {{"runs", Json::array()}};
    const std::vector<Experiment> all = gather_all(runs);
    for (const Experiment& experiment : all) {
        Json levels = Json::array();
        if (experiment.ticket() != nullptr) {
            for (const Level& level : experiment.ticket()->levels) levels.push_back(level_json(&level));
        }
        out["runs"].push_back({{"folder", experiment.folder.string()},
                               {"title", experiment.title},
                               {"replicates", experiment.replicates()},
                               {"dense", level_json(experiment.dense())},
                               {"sparsest", level_json(sparsest_near_dense(experiment))},
                               {"levels", std::move(levels)},
                               {"minus_first", differences_json(experiment, all.front())}});
    }
    return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_comparison_html(std::span<const store::Run> runs, const std::filesystem::path& path) {
    const std::vector<Experiment> all = gather_all(runs);
    const Content content{
        worded(all.front(), table_html(rows_of(all))), curves_of(all),
        worded(
            all.front(),
            "Tickets of the runs, further right with fewer weights left. Runs on other data or "
            "with another network have other dense accuracies; where each line leaves its own start is what "
            "compares.")};
    const std::filesystem::path folder = path.parent_path();
    if (!folder.empty()) make_folder(folder);
    write_text(path, page_of({.title = fmt::format("{} runs side by side", all.size()),
                              .scope = "",
                              .origin = "",
                              .links = "",
                              .sections = section_html(
                                  "accuracy", worded(all.front(), "Accuracy against weights left"), content),
                              .drawing = std::string(asset("sections/accuracy.js"))}));
}

}  // namespace espalier::report
