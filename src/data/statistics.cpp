#include "data/statistics.h"

#include <fmt/format.h>

#include <cmath>

#include "espalier/error.h"

namespace espalier::data {

namespace {

/// Of numbers, by the first dimension of an example.
Normalization statistics_of_numbers(const Input& input) {
    const Shape& shape = input.values.shape();
    const auto channels = static_cast<std::size_t>(shape[1]);
    const auto plane = static_cast<std::size_t>(element_count({shape.begin() + 2, shape.end()}));
    const auto values = input.values.f32();
    std::vector<double> sums(channels);
    std::vector<double> squares(channels);
    for (std::size_t at = 0; at < values.size(); ++at) {
        const auto value = static_cast<double>(values[at]);
        sums[at / plane % channels] += value;
        squares[at / plane % channels] += value * value;
    }
    Normalization out;
    const double count = static_cast<double>(values.size()) / static_cast<double>(channels);
    for (std::size_t channel = 0; channel < channels; ++channel) {
        const double mean = sums[channel] / count;
        const double variance = squares[channel] / count - mean * mean;
        if (!(variance > 1e-12 * squares[channel] / count)) {
            throw BadData(fmt::format(
                "number {} of every training example is {:.4g}, so there is nothing to normalise by", channel,
                mean));
        }
        out.mean.push_back(static_cast<float>(mean));
        out.deviation.push_back(static_cast<float>(std::sqrt(variance)));
    }
    return out;
}

}  // namespace

Normalization statistics_of(const Input& input) {
    if (!input.are_images()) return statistics_of_numbers(input);
    const Shape& shape = input.values.shape();
    const auto channels = static_cast<std::size_t>(shape[1]);
    const auto plane = static_cast<std::size_t>(shape[2] * shape[3]);
    const auto bytes = input.values.as<std::uint8_t>();
    std::vector<std::uint64_t> sums(channels);
    std::vector<std::uint64_t> squares(channels);  // 255^2 a pixel: 64 bits do for 2^48 pixels
    for (std::size_t at = 0, channel = 0; at < bytes.size();
         at += plane, channel = (channel + 1) % channels) {
        std::uint64_t sum = 0;
        std::uint64_t square = 0;
        for (const std::uint64_t byte : bytes.subspan(at, plane)) {
            sum += byte;
            square += byte * byte;
        }
        sums[channel] += sum;
        squares[channel] += square;
    }
    Normalization out;
    const auto count = static_cast<double>(bytes.size()) / static_cast<double>(channels);
    for (std::size_t channel = 0; channel < channels; ++channel) {
        const double mean = static_cast<double>(sums[channel]) / count;
        const double variance = static_cast<double>(squares[channel]) / count - mean * mean;
        // A single differing pixel among 2^32 still leaves a variance above this; rounding leaves less.
        if (variance < 1e-10) {
            throw BadData(
                fmt::format("channel {} is {} in every training image, so there is nothing to normalise by",
                            channel, std::lround(mean)));
        }
        out.mean.push_back(static_cast<float>(mean / 255));
        out.deviation.push_back(static_cast<float>(std::sqrt(variance) / 255));
    }
    return out;
}

}  // namespace espalier::data
