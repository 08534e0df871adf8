#include "calibrate/input_norms.h"

#include <fmt/format.h>

#include <cmath>

#include "base/threads/parallel.h"
#include "calibrate/walk/layer_rows.h"
#include "espalier/error.h"

namespace espalier::calibrate {
namespace {

/// Of an image [N, C, ...]: sums over examples and positions, groups on top of each other.
std::vector<double> channel_squares(const Tensor& x, std::int64_t groups, int threads) {
    const Shape& shape = x.shape();
    const std::int64_t channels = shape[1];
    const std::int64_t plane = x.count() / std::max<std::int64_t>(1, shape[0] * channels);
    std::vector<double> all(static_cast<std::size_t>(channels));
    parallel_for(channels, threads, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t c = begin; c < end; ++c) {
            double sum = 0;
            for (std::int64_t i = 0; i < shape[0]; ++i) {
                const float* const values = x.f32().data() + (i * channels + c) * plane;
                for (std::int64_t p = 0; p < plane; ++p) sum += static_cast<double>(values[p]) * values[p];
            }
            all[static_cast<std::size_t>(c)] = sum;
        }
    });
    std::vector<double> sums(static_cast<std::size_t>(channels / groups));
    for (std::size_t c = 0; c < all.size(); ++c) sums[c % sums.size()] += all[c];
    return sums;
}

/// Of each group one after the other.
std::vector<double> column_squares(const InputRows& rows, int threads) {
    constexpr std::int64_t kAtOnce = 1024;
    std::vector<double> sums(static_cast<std::size_t>(rows.groups() * rows.width()));
    std::vector<float> copy;
    for (std::int64_t group = 0; group < rows.groups(); ++group) {
        for (std::int64_t first = 0; first < rows.count(); first += kAtOnce) {
            const std::int64_t count = std::min(kAtOnce, rows.count() - first);
            const float* x = rows.in_place(group, first);
            if (x == nullptr) {
                copy.resize(static_cast<std::size_t>(count * rows.width()));
                rows.copy(group, first, count, copy.data(), threads);
                x = copy.data();
            }
            for (std::int64_t row = 0; row < count; ++row) {
                for (std::int64_t j = 0; j < rows.width(); ++j) {
                    const float value = x[row * rows.width() + j];
                    sums[static_cast<std::size_t>(group * rows.width() + j)] +=
                        static_cast<double>(value) * value;
                }
            }
        }
    }
    return sums;
}

void check_covered(const std::set<std::string>& weights,
                   const std::map<std::string, std::vector<double>>& squares) {
    for (const std::string& weight : weights) {
        if (!squares.contains(weight))
            throw InvalidArgument(
                fmt::format("no layer outside of bodies multiplies \"{}\", so calibration does not see its "
                            "inputs; --keep "
                            "leaves it whole",
                            weight));
    }
}

std::vector<float> root(const std::string& weight, const std::vector<double>& squares) {
    std::vector<float> norms;
    double sum = 0;
    for (const double square : squares) {
        sum += square;
        norms.push_back(static_cast<float>(std::sqrt(square)));
    }
    if (std::isfinite(sum) && sum > 0) return norms;
    throw BadData(
        fmt::format("calibration: the inputs of \"{}\" are {} over these data; --keep leaves it whole",
                    weight, sum == 0 ? "all zero, or there are none," : "not finite"));
}

}  // namespace

Observed observe(const Graph& graph, const std::set<std::string>& weights, const Batches& batches,
                 int threads, const Progress& progress) {
    Walk walk(graph, weights, batches, threads);
    std::map<std::string, std::vector<double>> squares;
    const auto look_at = [&](LayerRows& layer, const Site& site, const Node& reader, std::size_t batch) {
        const InputRows rows = layer.of(reader, batch);
        const bool is_conv = reader.op == "Conv" || reader.op == "ConvTranspose";
        // Inputs of a transposed convolution are counted over all of its groups.
        const std::int64_t groups = reader.op == "Conv" ? rows.groups() : 1;
        const std::vector<double> more = is_conv
                                             ? channel_squares(layer.input(reader, batch), groups, threads)
                                             : column_squares(rows, threads);
        std::vector<double>& sums = squares[site.weight];
        sums.resize(more.size());
        for (std::size_t j = 0; j < more.size(); ++j) sums[j] += more[j];
    };
    for (std::size_t done = 1; !walk.is_done(); ++done) {
        walk.advance();
        for (const Site& site : walk.sites()) {
            LayerRows layer(graph, walk, site, threads);
            for (const Node* reader : site.readers) {
                for (std::size_t batch = 0; batch < batches.size(); ++batch)
                    look_at(layer, site, *reader, batch);
            }
        }
        if (progress) progress(static_cast<double>(done) / static_cast<double>(walk.stage_count()));
    }
    check_covered(weights, squares);
    Observed observed;
    for (const auto& [weight, sums] : squares) observed.norms.emplace(weight, root(weight, sums));
    for (std::size_t batch = 0; batch < batches.size(); ++batch)
        observed.outputs.push_back(walk.outputs(batch));
    return observed;
}

std::vector<std::vector<Tensor>> outputs_of(const Graph& graph, const Batches& batches, int threads) {
    return observe(graph, {}, batches, threads).outputs;
}

}  // namespace espalier::calibrate
