// One self-contained HTML file about one run, readable offline. Reads only the store.
#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "espalier/store.h"

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier::report {

/// Mean, least, greatest and sample standard deviation over replicates.
struct Spread {
    double mean = 0, low = 0, high = 0;
    int count = 0;
    double deviation = std::numeric_limits<double>::quiet_NaN();  // of fewer than two values: NaN
};
Spread spread(const std::vector<double>& values);

/// The table that a ticket run ends with, as plain text, one line a level: weights left (count, %),
/// validation and test accuracy of each arm (mean, min, max over replicates), step of least validation loss,
/// accuracy at early stop, latency dense and sparse, and their ratio, "no difference" where the spreads do
/// not support one. With a `width`, arms and latencies that do not fit into so many columns go beneath,
/// beside the levels once more, and early stops are left out where an arm alone is too wide.
std::string level_table(const store::Run& run, std::size_t width = 0);

/// Writes the report of `run` to `path`, atomically; it may be a run that is not finished. The facts
/// "network" and "dataset" make its title, "started", "machine", "version" and "commit" stand beneath; all
/// facts are listed at its end; "study" = "tradeoff" adds the trade-off of regularisers. Throws IoError, or
/// BadData when the store or a stage's weights are damaged.
void write_html(const store::Run& run, const std::filesystem::path& path);

/// Runs side by side, one column each: dense test accuracy, the sparsest level whose validation accuracy is
/// within 0.5 points of dense, and test accuracy near common shares of weights left; means with their 95 %
/// confidence intervals, and differences to the first run, of replicates in pairs, where both have one seed
/// and the same data. With a `width`, runs that do not fit go beneath. Throws InvalidArgument for fewer than
/// two runs.
std::string comparison_table(std::span<const store::Run> runs, std::size_t width = 0);
/// The same as JSON: {runs: [{folder, title, replicates, dense, sparsest, levels, minus_first}]}, accuracies
/// in [0, 1] as {mean, deviation, low, high, least, greatest, n}, where low and high bound the interval.
std::string comparison_json(std::span<const store::Run> runs);
/// A page with the table and all accuracy curves in one plot. Throws as write_html().
void write_comparison_html(std::span<const store::Run> runs, const std::filesystem::path& path);

}  // namespace espalier::report

#pragma GCC visibility pop
