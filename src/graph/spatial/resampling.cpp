#include "graph/spatial/resampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "espalier/error.h"

namespace espalier {
namespace {

std::string one_of(const Node& node, const char* key, const char* fallback,
                   std::initializer_list<std::string_view> known) {
    std::string value = node.attribute_string(key, fallback);
    if (std::ranges::find(known, value) != known.end()) return value;
    throw Unsupported(fmt::format("{}: Resize with {}=\"{}\" is not supported", describe(node), key, value));
}

/// Keys 1981, "Cubic convolution interpolation for digital image processing".
double cubic_weight(double distance, double a) {
    const double d = std::abs(distance);
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

std::int64_t rounded(double at, const std::string& rounding) {
    double to = 0;
    if (rounding == "floor") to = std::floor(at);
    if (rounding == "ceil") to = std::ceil(at);
    if (rounding == "round_prefer_floor") to = std::ceil(at - 0.5);
    if (rounding == "round_prefer_ceil") to = std::floor(at + 0.5);
    return static_cast<std::int64_t>(to);
}

}  // namespace

Resampling Resampling::of(const Node& node) {
    Resampling resampling;
    const std::string mode = one_of(node, "mode", "nearest", {"nearest", "linear", "cubic"});
    resampling.mode = mode == "nearest" ? Mode::nearest : mode == "linear" ? Mode::linear : Mode::cubic;
    resampling.transformation =
        one_of(node, "coordinate_transformation_mode", "half_pixel",
               {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric",
                "tf_half_pixel_for_nn", "tf_crop_and_resize"});
    resampling.rounding = one_of(node, "nearest_mode", "round_prefer_floor",
                                 {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
    resampling.cubic_a = static_cast<double>(node.attribute_float("cubic_coeff_a", -0.75F));
    resampling.exclude_outside = node.attribute_int("exclude_outside", 0) != 0;
    return resampling;
}

double Resampling::source(std::int64_t place, std::int64_t size, std::int64_t target, double scale,
                          double begin, double end) const {
    const auto x = static_cast<double>(place);
    const auto last = static_cast<double>(size - 1);
    // ONNX takes the length before it is rounded down.
    const double last_target = scale * static_cast<double>(size) - 1;
    if (transformation == "asymmetric") return x / scale;
    if (transformation == "align_corners") return target == 1 ? 0 : x * last / last_target;
    if (transformation == "tf_half_pixel_for_nn") return (x + 0.5) / scale;
    if (transformation == "pytorch_half_pixel" && target == 1) return 0;
    if (transformation == "tf_crop_and_resize") {
        if (target == 1) return 0.5 * (begin + end) * last;
        return begin * last + x * (end - begin) * last / last_target;
    }
    double at = (x + 0.5) / scale - 0.5;
    if (transformation == "half_pixel_symmetric") {
        const auto whole = static_cast<double>(size);
        at += whole / 2 * (1 - static_cast<double>(target) / (scale * whole));
    }
    return at;
}

Sample Resampling::sample(double at, std::int64_t size) const {
    const auto clamped = [&](std::int64_t place) { return std::clamp<std::int64_t>(place, 0, size - 1); };
    Sample sample;
    if (mode == Mode::nearest) {
        sample.places[0] = clamped(rounded(at, rounding));
        sample.weights[0] = 1;
        sample.count = 1;
        return sample;
    }
    const double below = std::floor(at);
    const auto first = static_cast<std::int64_t>(below) - (mode == Mode::cubic ? 1 : 0);
    sample.count = mode == Mode::cubic ? 4 : 2;
    double sum = 0;
    for (int i = 0; i < sample.count; ++i) {
        const auto k = static_cast<std::size_t>(i);
        const std::int64_t place = first + i;
        const double distance = at - static_cast<double>(place);
        const bool gone = exclude_outside && (place < 0 || place >= size);
        sample.places[k] = clamped(place);
        sample.weights[k] = gone                  ? 0
                            : mode == Mode::cubic ? cubic_weight(distance, cubic_a)
                                                  : 1 - std::abs(distance);
        sum += sample.weights[k];
    }
    if (exclude_outside && sum != 0) {
        for (double& weight : sample.weights) weight /= sum;
    }
    return sample;
}

std::vector<Sample> Resampling::along(std::int64_t size, std::int64_t target, double scale, double begin,
                                      double end) const {
    std::vector<Sample> samples;
    const auto last = static_cast<double>(size - 1);
    for (std::int64_t i = 0; i < target; ++i) {
        const double at = source(i, size, target, scale, begin, end);
        // Far outside, every place is the edge; and it must fit an integer.
        Sample& made = samples.emplace_back(sample(std::clamp(at, -4.0, last + 4), size));
        made.outside = transformation == "tf_crop_and_resize" && (at < 0 || at > last);
    }
    return samples;
}

}  // namespace espalier
