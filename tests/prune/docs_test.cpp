// docs/pruning.md has a row for every entry of every table, with the entry's own words, and no others.
#include <fmt/format.h>

#include <set>
#include <sstream>

#include "base/files.h"
#include "prune/criterion.h"
#include "prune/request/signal.h"
#include "prune/scheduling/schedule.h"
#include "prune/scheduling/spacing.h"
#include "prune/scope.h"
#include "support.h"

namespace espalier::prune {
namespace {

/// A bar would end the cell.
std::string cell(std::string_view text) {
    if (text.empty()) return "–";
    std::string out;
    for (const char c : text) {
        if (c == '|') out += '\\';
        out += c;
    }
    return out;
}

std::string needs_of(const Criterion& criterion) {
    std::string names;
    for (const std::string_view signal : criterion.needs) {
        if (!names.empty()) names += ", ";
        names += signals().get(signal).noun;
    }
    if (const auto mode = name_of(criterion.signals_mode); !mode.empty())
        names += fmt::format(", in {} mode", mode);
    return cell(names);
}

std::set<std::string> expected_rows() {
    std::set<std::string> rows;
    for (const Granularity* entry : granularities()) {
        rows.insert(fmt::format("| `{}` | {} | `{}` | {} |", entry->name, cell(entry->summary),
                                cell(entry->usage), cell(entry->edges)));
    }
    for (const Criterion* entry : criteria()) {
        rows.insert(fmt::format("| `{}` | {} | `{}` | {} | {} |", entry->name, cell(entry->summary),
                                cell(entry->formula), needs_of(*entry), cell(entry->source)));
    }
    const auto add_three = [&](const auto& table) {
        for (const auto* entry : table) {
            rows.insert(
                fmt::format("| `{}` | {} | `{}` |", entry->name, cell(entry->summary), cell(entry->formula)));
        }
    };
    const auto add_four = [&](const auto& table) {
        for (const auto* entry : table) {
            rows.insert(fmt::format("| `{}` | {} | `{}` | {} |", entry->name, cell(entry->summary),
                                    cell(entry->formula), cell(entry->source)));
        }
    };
    add_three(unit_norms());
    add_three(decays());
    add_three(spacings());
    add_four(scopes());
    for (const Schedule* entry : schedules()) {
        rows.insert(fmt::format("| `{}` | {} | `{}` | {} | {} |", entry->name, cell(entry->summary),
                                cell(entry->formula), cell(name_of(entry->signals_mode)),
                                cell(entry->source)));
    }
    return rows;
}

TEST(PruningPage, HasOneRowForEveryEntry) {
    std::set<std::string> rows;
    std::istringstream page(read_text(ESPALIER_SOURCE_DIR "/docs/pruning.md"));
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("| `")) rows.insert(line);
    }
    const std::set<std::string> expected = expected_rows();
    for (const std::string& row : expected)
        EXPECT_TRUE(rows.contains(row)) << "docs/pruning.md lacks\n" << row;
    for (const std::string& row : rows)
        EXPECT_TRUE(expected.contains(row)) << "docs/pruning.md has gone stale\n" << row;
}

TEST(PruningPage, ExamplesAreTrue) {
    // The granularities' examples parse as what they are.
    for (const Granularity* entry : granularities()) {
        EXPECT_EQ(parse_grain(std::string(entry->example)).granularity.name, entry->name);
    }
    // Weights 1 2 3 4 and 5 6 7 8, half of which shall go.
    const std::vector<Layer> layers = {{"a", {4}, {1, 2, 3, 4}}, {"b", {4}, {5, 6, 7, 8}}};
    Request request = request_for(layers);
    request.target.sparsity = 0.5;
    const MaskSet global = plan(request).masks;
    EXPECT_EQ(global.at("a").to_floats(), (std::vector<float>{0, 0, 0, 1}));
    EXPECT_EQ(global.at("b").to_floats(), (std::vector<float>{0, 1, 1, 1}));
    request.scope = "layer-wise";
    const MaskSet layer_wise = plan(request).masks;
    EXPECT_EQ(layer_wise.at("a").to_floats(), (std::vector<float>{0, 0, 1, 1}));
    EXPECT_EQ(layer_wise.at("b").to_floats(), (std::vector<float>{0, 0, 1, 1}));
}

}  // namespace
}  // namespace espalier::prune
