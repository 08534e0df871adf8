#include "graph/analysis/untrained.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

namespace espalier {
namespace {

using Values = std::span<const float>;

/// As f32 rounds what was computed in double, or in f32 step by step.
bool is_near(double a, double b, double scale) { return std::abs(a - b) <= 1e-5 * scale; }

bool is_vector(const Shape& shape) {
    return std::ranges::count_if(shape, [](std::int64_t size) { return size != 1; }) <= 1;
}

bool is_steps(Values values) {
    const double first = values[0];
    const double step = values[1] - first;
    const double scale = std::max(std::abs(first), std::abs(static_cast<double>(values.back())));
    if (step == 0) return false;
    for (std::size_t i = 2; i < values.size(); ++i) {
        if (!is_near(values[i], first + static_cast<double>(i) * step, scale)) return false;
    }
    return true;
}

bool is_powers(Values values) {
    if (values[0] == 0 || values[1] == 0) return false;
    const double ratio = static_cast<double>(values[1]) / values[0];
    for (std::size_t i = 1; i < values.size(); ++i) {
        if (!is_near(values[i], values[i - 1] * ratio, std::abs(static_cast<double>(values[i]))))
            return false;
    }
    return true;
}

bool is_one_number(Values values) {
    return values[0] != 0 && std::ranges::all_of(values, [&](float value) { return value == values[0]; });
}

bool repeats(Values values, std::int64_t groups) {
    const std::size_t each = values.size() / static_cast<std::size_t>(groups);
    if (groups < 2 || each < 2) return false;
    const Values first = values.first(each);
    if (std::ranges::all_of(first, [](float value) { return value == 0; })) return false;
    for (std::size_t at = each; at < values.size(); at += each) {
        if (!std::ranges::equal(values.subspan(at, each), first)) return false;
    }
    return true;
}

bool is_unit_matrix(Values values, std::size_t size) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] != (i % (size + 1) == 0 ? 1.0F : 0.0F)) return false;
    }
    return true;
}

/// 2 cos(w) of `count` numbers, `step` apart, that are a sine of frequency w: the line that fits
/// x[t - 1] + x[t + 1] over x[t] best leaves nothing. Nothing if they are none.
std::optional<double> wave(const float* x, std::size_t count, std::size_t step) {
    double square = 0;
    double product = 0;
    double largest = 0;
    for (std::size_t t = 1; t + 1 < count; ++t) {
        const double sum = static_cast<double>(x[(t - 1) * step]) + x[(t + 1) * step];
        square += static_cast<double>(x[t * step]) * x[t * step];
        product += sum * x[t * step];
        largest = std::max(largest, std::abs(static_cast<double>(x[t * step])));
    }
    if (square == 0) return 2;  // the sine of no frequency
    const double twice_cosine = product / square;
    if (std::abs(twice_cosine) > 2 + 1e-4) return {};
    for (std::size_t t = 1; t + 1 < count; ++t) {
        const double sum = static_cast<double>(x[(t - 1) * step]) + x[(t + 1) * step];
        if (std::abs(sum - twice_cosine * x[t * step]) > 1e-3 * largest) return {};
    }
    return twice_cosine;
}

/// Positions along rows, a frequency a column, or the other way; one of them swings, or lines would be waves.
bool is_waves(Values values, std::size_t rows, std::size_t columns) {
    constexpr std::size_t kLeast = 6;  // positions: fewer say little
    const auto all = [&](std::size_t waves, std::size_t count, std::size_t apart, std::size_t step) {
        if (count < kLeast || waves < 2) return false;
        bool swings = false;
        for (std::size_t i = 0; i < waves; ++i) {
            const auto twice_cosine = wave(values.data() + i * apart, count, step);
            if (!twice_cosine) return false;
            swings |= *twice_cosine < 1.99;
        }
        return swings;
    };
    return all(columns, rows, 1, columns) || all(rows, columns, columns, 1);
}

}  // namespace

std::string untrained(const Tensor& tensor, std::int64_t groups) {
    const Values values = tensor.f32();
    if (values.size() < 2) return "";
    const Shape& shape = tensor.shape();
    // A sum or a mean of one channel; a layer of many with one number is merely untrained yet.
    const bool single = is_vector(shape) || (shape[0] == 1 && shape[1] == 1);
    if (single && is_one_number(values)) return fmt::format("{:.6g} everywhere", values[0]);
    if (values.size() > 3 && is_vector(shape)) {
        if (is_steps(values) || is_powers(values))
            return fmt::format("{:.6g}, {:.6g}, ..., {:.6g}", values[0], values[1], values.back());
    }
    if (repeats(values, groups)) return "the same filter for every channel";
    Shape sizes;
    std::ranges::copy_if(shape, std::back_inserter(sizes), [](std::int64_t size) { return size != 1; });
    if (sizes.size() != 2) return "";
    const auto rows = static_cast<std::size_t>(sizes[0]);
    const auto columns = static_cast<std::size_t>(sizes[1]);
    if (rows == columns && is_unit_matrix(values, rows)) return "the unit matrix";
    if (is_waves(values, rows, columns)) return "sines and cosines";
    return "";
}

}  // namespace espalier
