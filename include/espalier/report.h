// One self-contained HTML file about one run, readable offline. Reads only the store.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "espalier/store.h"

namespace espalier::report {

/// Mean, least and greatest over replicates.
struct Spread {
    double mean = 0, low = 0, high = 0;
    int count = 0;
};
Spread spread(const std::vector<double>& values);

/// The table that a ticket run ends with, as plain text, one line a level: weights left (count, %),
/// validation and test accuracy of each arm (mean, min, max over replicates), step of least validation loss,
/// latency dense and sparse, and their ratio. With a `width`, arms and latencies that do not fit into so many
/// columns go beneath, beside the levels once more.
std::string level_table(const store::Run& run, std::size_t width = 0);

/// Writes the report of `run` to `path`, atomically; it may be a run that is not finished. The facts
/// "network" and "dataset" make its title, "started", "machine" and "commit" stand beneath; all facts are
/// listed at its end. Throws IoError, or BadData when the store or a stage's weights are damaged.
void write_html(const store::Run& run, const std::filesystem::path& path);

}  // namespace espalier::report
