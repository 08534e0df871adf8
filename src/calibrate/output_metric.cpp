#include "calibrate/output_metric.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "espalier/error.h"

namespace espalier::calibrate {
namespace {

void check_f32(std::span<const Tensor> outputs, const OutputMetric& metric) {
    for (const Tensor& output : outputs) {
        if (output.dtype() != DType::f32)
            throw BadData(fmt::format("metric \"{}\": the output is {}, expected f32", metric.name,
                                      name_of(output.dtype())));
    }
}

}  // namespace

double measure(const OutputMetric& metric, const Judged& judged) {
    check_f32(judged.outputs, metric);
    if (count_rows(judged.outputs) == 0)
        throw BadData(fmt::format("metric \"{}\": the output has no rows", metric.name));
    if (metric.needs_expected && judged.expected == nullptr)
        throw BadData(fmt::format("metric \"{}\" needs what is right of the outputs: --expected FILE.npy",
                                  metric.name));
    if (!metric.needs_reference) return metric.measure(judged);
    if (judged.reference.size() != judged.outputs.size())
        throw BadData(
            fmt::format("metric \"{}\" needs a network to compare with: --against MODEL.onnx", metric.name));
    check_f32(judged.reference, metric);
    for (std::size_t run = 0; run < judged.outputs.size(); ++run) {
        if (judged.outputs[run].shape() != judged.reference[run].shape())
            throw BadData(fmt::format("metric \"{}\": the output is {}, that of the other network {}",
                                      metric.name, to_string(judged.outputs[run].shape()),
                                      to_string(judged.reference[run].shape())));
    }
    return metric.measure(judged);
}

std::int64_t count_rows(std::span<const Tensor> outputs) {
    std::int64_t rows = 0;
    each_row(outputs, [&](std::span<const float>) { ++rows; });
    return rows;
}

std::int64_t largest(std::span<const float> row) { return std::ranges::max_element(row) - row.begin(); }

std::vector<std::int64_t> labels_of(const Judged& judged) {
    const Tensor& expected = *judged.expected;
    const std::int64_t rows = count_rows(judged.outputs);
    const bool whole = expected.dtype() == DType::i64 || expected.dtype() == DType::i32;
    if (!whole || expected.count() != rows)
        throw BadData(fmt::format(
            "expected values are {} {}, and the outputs have {} rows: give an i64 or i32 for each",
            name_of(expected.dtype()), to_string(expected.shape()), rows));
    std::vector<std::int64_t> labels;
    if (expected.dtype() == DType::i64) {
        labels.assign(expected.as<std::int64_t>().begin(), expected.as<std::int64_t>().end());
    } else {
        labels.assign(expected.as<std::int32_t>().begin(), expected.as<std::int32_t>().end());
    }
    std::size_t at = 0;
    each_row(judged.outputs, [&](std::span<const float> row) {
        if (labels[at] >= std::ssize(row))
            throw BadData(fmt::format("expected value {} is {}, and the output tells {} apart", at,
                                      labels[at], row.size()));
        ++at;
    });
    if (std::ranges::all_of(labels, [](std::int64_t label) { return label < 0; }))
        throw BadData("expected values are all negative, which leaves them out");
    return labels;
}

double cosine_of(std::span<const float> a, std::span<const float> b) {
    double product = 0;
    double size_a = 0;
    double size_b = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        product += static_cast<double>(a[i]) * b[i];
        size_a += static_cast<double>(a[i]) * a[i];
        size_b += static_cast<double>(b[i]) * b[i];
    }
    if (size_a == 0 && size_b == 0) return 1;  // nothing is like nothing
    return size_a == 0 || size_b == 0 ? 0 : product / std::sqrt(size_a * size_b);
}

}  // namespace espalier::calibrate
