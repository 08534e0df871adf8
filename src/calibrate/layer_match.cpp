#include "calibrate/layer_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/threads/parallel.h"
#include "calibrate/linear/product.h"
#include "calibrate/linear/triangular.h"
#include "espalier/error.h"
#include "graph/op.h"

namespace espalier::calibrate {
namespace {

constexpr double kDamping = 0.01;  // of the mean variance of inputs
constexpr std::int64_t kRowsAtOnce = 2048;

double dot(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

std::vector<double> means_of(const Gram& gram) {
    std::vector<double> means(static_cast<std::size_t>(gram.width));
    for (std::int64_t j = 0; j < gram.width; ++j) means[static_cast<std::size_t>(j)] = gram.mean(j);
    return means;
}

/// cov(X, X) w.
std::vector<double> covariance_times(const Gram& gram, const std::vector<double>& means,
                                     const std::vector<double>& w) {
    const double shared = dot(means, w);
    std::vector<double> out(w.size());
    for (std::size_t i = 0; i < w.size(); ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < w.size(); ++j) sum += gram.products[i * w.size() + j] * w[j];
        out[i] = sum / static_cast<double>(gram.rows) - means[i] * shared;
    }
    return out;
}

/// Rows of both, chunk by chunk.
std::vector<double> products_of(const InputRows& a, std::int64_t group_a, const InputRows& b,
                                std::int64_t group_b, int threads) {
    const std::int64_t n = a.width();
    const std::int64_t m = b.width();
    std::vector<double> sums(static_cast<std::size_t>(n * m));
    std::vector<float> left;
    std::vector<float> right;
    std::vector<float> product(sums.size());
    for (std::int64_t first = 0; first < a.count(); first += kRowsAtOnce) {
        const std::int64_t count = std::min(kRowsAtOnce, a.count() - first);
        left.resize(static_cast<std::size_t>(count * n));
        right.resize(static_cast<std::size_t>(count * m));
        a.copy(group_a, first, count, left.data(), threads);
        b.copy(group_b, first, count, right.data(), threads);
        multiply(n, m, count, 1, {left.data(), n, true}, {right.data(), m}, 0, product.data(), m);
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += product[i];
    }
    return sums;
}

}  // namespace

OutputRows::OutputRows(const Node& node, const Tensor& weight) : axis_(ops().get(node.op).output_axis(node)) {
    outputs_ = weight.shape()[static_cast<std::size_t>(axis_)];
    inputs_ = weight.count() / std::max<std::int64_t>(1, outputs_);
    if (node.op == "Conv") groups_ = node.attribute_int("group", 1);
}

std::vector<double> OutputRows::row(const Tensor& weight, std::int64_t output) const {
    std::vector<double> row(static_cast<std::size_t>(inputs_));
    for (std::int64_t j = 0; j < inputs_; ++j)
        row[static_cast<std::size_t>(j)] =
            weight.f32()[static_cast<std::size_t>(axis_ == 0 ? output * inputs_ + j : j * outputs_ + output)];
    return row;
}

void OutputRows::set_row(Tensor& weight, std::int64_t output, const std::vector<double>& row) const {
    for (std::int64_t j = 0; j < inputs_; ++j)
        weight.f32()[static_cast<std::size_t>(axis_ == 0 ? output * inputs_ + j : j * outputs_ + output)] =
            static_cast<float>(row[static_cast<std::size_t>(j)]);
}

LayerMatch::LayerMatch(const Node& old, const Tensor& old_weight, const Node& now, Tensor& weight,
                       const std::vector<std::int64_t>& kept_outputs, int threads)
    : old_(old),
      old_weight_(old_weight),
      now_node_(now),
      weight_(weight),
      kept_(kept_outputs),
      threads_(threads),
      old_rows_(old, old_weight),
      rows_(now, weight),
      before_of_(static_cast<std::size_t>(rows_.groups()), -1),
      cross_(before_of_.size()) {
    for (std::int64_t o = 0; o < rows_.outputs(); ++o) {
        std::int64_t& number = before_of_[group_of(o)];
        const std::int64_t own = old_rows_.group_of(kept_[static_cast<std::size_t>(o)]);
        if (number >= 0 && number != own)
            throw Unsupported(
                fmt::format("{}: outputs of one group come from several of those before", describe(now)));
        number = own;
    }
}

void LayerMatch::add(const Tensor& before, const Tensor& now) {
    const InputRows x0(old_, old_weight_.shape(), before);
    const InputRows x1(now_node_, weight_.shape(), now);
    if (x0.count() != x1.count() || std::max(x0.width(), x1.width()) > kWidest)
        throw Unsupported(
            fmt::format("{}: {} rows of {} inputs before, {} rows of {} now: not alike, or too many",
                        describe(now_node_), x0.count(), x0.width(), x1.count(), x1.width()));
    add_rows(x0, before_, threads_);
    add_rows(x1, now_, threads_);
    for (std::size_t g = 0; g < cross_.size(); ++g) {
        const std::vector<double> products =
            products_of(x1, static_cast<std::int64_t>(g), x0, before_of_[g], threads_);
        cross_[g].resize(products.size());
        for (std::size_t i = 0; i < products.size(); ++i) cross_[g][i] += products[i];
    }
}

std::vector<double> LayerMatch::wanted(std::size_t g, const std::vector<double>& old_row) const {
    const std::vector<double> means = means_of(now_[g]);
    const double shared = dot(means_of(gram_before(g)), old_row);
    std::vector<double> out(means.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < old_row.size(); ++j)
            sum += cross_[g][i * old_row.size() + j] * old_row[j];
        out[i] = sum / static_cast<double>(now_[g].rows) - means[i] * shared;
    }
    return out;
}

/// (cov(X1, X1) + damping)^-1.
std::vector<float> LayerMatch::inverse_of(const Gram& gram) const {
    const std::int64_t n = gram.width;
    const std::vector<double> means = means_of(gram);
    double spread = 0;
    for (std::int64_t j = 0; j < n; ++j) spread += gram.variance(j);
    const double more = std::max(1e-30, kDamping * spread / static_cast<double>(n));
    std::vector<float> matrix(static_cast<std::size_t>(n * n));
    for (std::size_t i = 0; i < matrix.size(); ++i) {
        const std::size_t row = i / static_cast<std::size_t>(n);
        const std::size_t col = i % static_cast<std::size_t>(n);
        matrix[i] = static_cast<float>(gram.products[i] / static_cast<double>(gram.rows) -
                                       means[row] * means[col] + (row == col ? more : 0));
    }
    return inverse(std::move(matrix), n, threads_);
}

std::vector<double> LayerMatch::fit_least_squares() {
    std::vector<std::vector<float>> inverses;
    for (const Gram& gram : now_) inverses.push_back(inverse_of(gram));
    std::vector<std::vector<double>> rows(static_cast<std::size_t>(rows_.outputs()));
    parallel_for(rows_.outputs(), threads_, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t o = begin; o < end; ++o) {
            const std::size_t g = group_of(o);
            std::vector<double>& row = rows[static_cast<std::size_t>(o)] = rows_.row(weight_, o);
            if (inverses[g].empty()) continue;  // inputs that never change: the bias does it all
            std::vector<double> right = wanted(g, old_row(o));
            const std::vector<double> have = covariance_times(now_[g], means_of(now_[g]), row);
            for (std::size_t i = 0; i < right.size(); ++i) right[i] -= have[i];
            for (std::size_t i = 0; i < row.size(); ++i) {
                double sum = 0;
                for (std::size_t j = 0; j < row.size(); ++j)
                    sum += inverses[g][i * row.size() + j] * right[j];
                row[i] += sum;
            }
        }
    });
    return shifts(rows);
}

std::vector<double> LayerMatch::fit_statistics() {
    std::vector<std::vector<double>> rows;
    for (std::int64_t o = 0; o < rows_.outputs(); ++o) {
        const std::size_t g = group_of(o);
        std::vector<double>& row = rows.emplace_back(rows_.row(weight_, o));
        const std::vector<double> old = old_row(o);
        const double was = dot(old, covariance_times(gram_before(g), means_of(gram_before(g)), old));
        const double is = dot(row, covariance_times(now_[g], means_of(now_[g]), row));
        if (!(was > 0) || !(is > 0)) continue;
        for (double& value : row) value *= std::sqrt(was / is);
    }
    return shifts(rows);
}

/// Writes the rows; what is missing of the mean is for the bias.
std::vector<double> LayerMatch::shifts(const std::vector<std::vector<double>>& rows) const {
    std::vector<double> shift;
    for (std::int64_t o = 0; o < rows_.outputs(); ++o) {
        const std::size_t g = group_of(o);
        const std::vector<double>& row = rows[static_cast<std::size_t>(o)];
        shift.push_back(dot(means_of(gram_before(g)), old_row(o)) - dot(means_of(now_[g]), row));
        rows_.set_row(weight_, o, row);
    }
    return shift;
}

}  // namespace espalier::calibrate
