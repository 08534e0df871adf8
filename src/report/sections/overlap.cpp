// What masks have in common: between replicates, between levels, between arms, and by chance.
#include <fmt/format.h>

#include <algorithm>

#include "report/figures/masks.h"
#include "report/figures/series.h"

namespace espalier::report::sections_::overlap_ {
namespace {

using prune::MaskSet;

/// Masks of one level by replicate.
std::map<int, MaskSet> masks_at(const Experiment& experiment, const Level& level) {
    std::map<int, MaskSet> masks;
    for (const store::Stage& stage : level.replicates) {
        if (auto found = masks_of(experiment, stage)) masks.emplace(stage.replicate, std::move(*found));
    }
    return masks;
}

struct Overlaps {
    std::vector<double> real, chance;
    void add(const MaskSet& a, const MaskSet& b) {
        real.push_back(prune::overlap(a, b));
        chance.push_back(chance_overlap(a, b));
    }
};

Overlaps between_replicates(const std::map<int, MaskSet>& masks) {
    Overlaps overlaps;
    for (auto a = masks.begin(); a != masks.end(); ++a) {
        for (auto b = std::next(a); b != masks.end(); ++b) overlaps.add(a->second, b->second);
    }
    return overlaps;
}

Overlaps pairwise(const std::map<int, MaskSet>& ours, const std::map<int, MaskSet>& theirs) {
    Overlaps overlaps;
    for (const auto& [replicate, masks] : ours) {
        const auto other = theirs.find(replicate);
        if (other != theirs.end()) overlaps.add(masks, other->second);
    }
    return overlaps;
}

/// Pairs of replicates share replicates: a range of them is honest, an interval is not.
LinePoint over_pairs(const Level& level, const std::vector<double>& values) {
    LinePoint point = at_level(level, values, 100);
    const Spread all = spread(values);
    point.low = 100 * all.low;
    point.high = 100 * all.high;
    return point;
}

void add(Line& line, const Level& level, const std::vector<double>& values) {
    if (!values.empty()) line.points.push_back(over_pairs(level, values));
}

/// Random masks overlap by chance, which has lines of its own.
bool has_mask_of_its_own(const Arm& arm) {
    return arm.name != "ticket" && arm.chance == store::Chance::nothing;
}

/// Of a control that takes the ticket's own mask.
bool is_the_same(const Line& line) {
    return line.name.starts_with("arm ") &&
           std::ranges::all_of(line.points, [](const LinePoint& point) { return point.low == 100; });
}

std::vector<Line> lines_of(const Experiment& experiment) {
    Line replicates{"replicates", "Two replicates", {}};
    Line chance{"chance", "Two replicates, by chance", {}};
    Line before{"before", "With the level before", {}};
    Line before_chance{"before-chance", "With the level before, by chance", {}};
    std::vector<Line> arms;
    std::map<int, MaskSet> previous;
    for (const Level& level : experiment.ticket()->levels) {
        std::map<int, MaskSet> masks = masks_at(experiment, level);
        if (level.level > 0) {
            const Overlaps between = between_replicates(masks);
            add(replicates, level, between.real);
            add(chance, level, between.chance);
            const Overlaps back = pairwise(previous, masks);
            add(before, level, back.real);
            add(before_chance, level, back.chance);
            std::size_t at = 0;
            for (const Arm& arm : experiment.arms) {
                if (!has_mask_of_its_own(arm)) continue;
                if (at == arms.size()) arms.push_back({"arm " + arm.name, "With " + arm.label, {}});
                const Level* other = arm.find(level.level);
                if (other != nullptr)
                    add(arms[at], level, pairwise(masks, masks_at(experiment, *other)).real);
                ++at;
            }
        }
        previous = std::move(masks);
    }
    std::vector<Line> lines{replicates, chance, before, before_chance};
    lines.insert(lines.end(), arms.begin(), arms.end());
    std::erase_if(lines, [](const Line& line) { return line.points.empty() || is_the_same(line); });
    return lines;
}

Content write(const Experiment& experiment) {
    if (experiment.ticket() == nullptr) return {};
    Plot plot{.y = "Kept by both / kept by either (%)", .unit = " %", .lines = lines_of(experiment)};
    if (plot.lines.empty()) return nothing("The run folder does not hold the masks of the ticket.");
    return {
        "", to_json(std::vector{plot}),
        "Jaccard overlap of the ticket's masks: the weights that two masks both keep, over those that either "
        "keeps. By chance: random masks with as many weights in each layer. Replicates start from other "
        "weights, "
        "so that an overlap above chance says which inputs matter, not which weights. Bands reach from the "
        "least "
        "to the greatest pair."};
}

}  // namespace

extern const Section overlap{
    .name = "overlap",
    .summary = "overlap of masks between replicates, levels and arms, against chance",
    .title = "Overlap of masks",
    .link = "Overlap",
    .position = 62,
    .write = write};

}  // namespace espalier::report::sections_::overlap_
