// A split goes, with all below it, unless both of its sides have at least m rows.
// As min_samples_leaf of growing: Breiman et al. 1984, section 2.4, and every tree program since.
#include "trees/choose/top_down.h"
#include "trees/method.h"

namespace espalier::trees::methods_::minimum_samples_ {
namespace {

Decision decide(const Grown& grown, const Evidence&, double samples) {
    return top_down(grown, [&](std::size_t node) { return fewest_below(grown, node) >= samples; });
}

std::vector<double> amounts(const Grown& grown, const Evidence&) {
    std::vector<double> counts = {0};
    for (double samples = 1; samples <= grown.rows; samples = samples < 8 ? samples + 1 : samples * 1.25)
        counts.push_back(static_cast<double>(static_cast<std::int64_t>(samples)));
    return counts;
}

}  // namespace

extern const Method minimum_samples{.name = "minimum-samples",
                                    .summary = "splits with at least so many rows on both sides stay",
                                    .formula = "min(rows(yes), rows(no)) >= m",
                                    .source = "Breiman et al. 1984",
                                    .amount = "rows on either side of a split",
                                    .decide = decide,
                                    .amounts = amounts};

}  // namespace espalier::trees::methods_::minimum_samples_
