#include "calibrate/reconstruction.h"

#include <algorithm>

#include "base/threads/parallel.h"
#include "calibrate/linear/product.h"

namespace espalier::calibrate {
namespace {

/// The diagonal of M X'X M', by outputs.
std::vector<double> quadratic(const LayerProblem& layer, const std::vector<float>& m) {
    const std::int64_t n = layer.inputs;
    const std::vector<float> products = damped(layer, 0);
    std::vector<float> by_rows(m.size());
    multiply(layer.outputs, n, n, 1, {m.data(), n}, {products.data(), n}, 0, by_rows.data(), n);
    std::vector<double> sums(static_cast<std::size_t>(layer.outputs));
    parallel_for(layer.outputs, layer.threads, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t o = begin; o < end; ++o) {
            double sum = 0;
            for (std::int64_t j = 0; j < n; ++j)
                sum += static_cast<double>(m[layer.at(o, j)]) * by_rows[layer.at(o, j)];
            sums[static_cast<std::size_t>(o)] = std::max(0.0, sum);
        }
    });
    return sums;
}

double total(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum;
}

}  // namespace

std::vector<float> damped(const LayerProblem& layer, double damping) {
    const Gram& gram = *layer.gram;
    std::vector<float> out(gram.products.begin(), gram.products.end());
    const double more = damping * gram.mean_square();
    for (std::int64_t j = 0; j < gram.width; ++j) {
        const auto at = static_cast<std::size_t>(j * (gram.width + 1));
        out[at] = static_cast<float>(gram.products[at] + more);
    }
    return out;
}

std::vector<double> squared_errors(const LayerProblem& layer, const std::vector<float>& weight) {
    std::vector<float> change(weight.size());
    for (std::size_t i = 0; i < weight.size(); ++i) change[i] = weight[i] - layer.before[i];
    return quadratic(layer, change);
}

Squares squares_of(const LayerProblem& layer) {
    std::vector<double> errors = squared_errors(layer, layer.weight);
    // A constant in the output changes |d + c|^2 by 2 c * sum of d + rows * c^2.
    for (std::size_t o = 0; o < layer.shift.size(); ++o) {
        double sum = 0;
        for (std::int64_t j = 0; j < layer.inputs; ++j) {
            const std::size_t at = layer.at(static_cast<std::int64_t>(o), j);
            sum += (static_cast<double>(layer.weight[at]) - layer.before[at]) *
                   layer.gram->sums[static_cast<std::size_t>(j)];
        }
        const double shift = layer.shift[o];
        errors[o] = std::max(
            0.0, errors[o] + 2 * shift * sum + shift * shift * static_cast<double>(layer.gram->rows));
    }
    return {total(errors), total(quadratic(layer, layer.before))};
}

void apply_mask(LayerProblem& layer) {
    for (std::size_t i = 0; i < layer.weight.size(); ++i) {
        if (layer.keep[i] == 0) layer.weight[i] = 0;
    }
}

}  // namespace espalier::calibrate
