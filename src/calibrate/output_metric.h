// How good the outputs of a network are, as one number: against those of another network, or against what is
// right. One file in output_metrics/ each.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/table.h"
#include "espalier/tensor.h"

namespace espalier::calibrate {

/// What a metric reads. Outputs are of f32, one tensor a run; a row is all along their last dimension.
struct Judged {
    std::span<const Tensor> outputs;
    std::span<const Tensor> reference = {};  // of the same shapes: what the network gave before
    const Tensor* expected = nullptr;        // in the order of the runs; what it says is the metric's
};

struct OutputMetric {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;
    bool needs_reference = false, needs_expected = false;
    /// Throws BadData where the expected values do not fit the outputs.
    double (*measure)(const Judged& judged) = nullptr;
};

/// The files of calibrate/output_metrics.
const Table<OutputMetric>& output_metrics();

/// Throws BadData for what `metric` needs and is not there, shapes that differ, and outputs that are not f32.
double measure(const OutputMetric& metric, const Judged& judged);

// For the entries.
/// Calls visit(row) for every row of every run, in order.
template <class Visit>
void each_row(std::span<const Tensor> outputs, const Visit& visit) {
    for (const Tensor& output : outputs) {
        const auto columns = static_cast<std::size_t>(output.rank() == 0 ? 1 : output.shape().back());
        const std::span<const float> values = output.f32();
        for (std::size_t at = 0; at + columns <= values.size() && columns > 0; at += columns)
            visit(values.subspan(at, columns));
    }
}
/// Calls visit(row, row of the reference).
template <class Visit>
void each_pair(const Judged& judged, const Visit& visit) {
    for (std::size_t run = 0; run < judged.outputs.size(); ++run) {
        const std::span<const float> before = judged.reference[run].f32();
        std::size_t at = 0;
        each_row(judged.outputs.subspan(run, 1), [&](std::span<const float> row) {
            visit(row, before.subspan(at, row.size()));
            at += row.size();
        });
    }
}
std::int64_t count_rows(std::span<const Tensor> outputs);
/// The place of the largest, the first of several.
std::int64_t largest(std::span<const float> row);
/// One number a row, of i64 or i32; negative ones are left out. Throws BadData.
std::vector<std::int64_t> labels_of(const Judged& judged);
double cosine_of(std::span<const float> a, std::span<const float> b);

}  // namespace espalier::calibrate
