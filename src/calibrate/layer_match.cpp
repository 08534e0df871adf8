#include "calibrate/layer_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/threads/parallel.h"
#include "calibrate/linear/product.h"
#include "calibrate/linear/triangular.h"
#include "espalier/error.h"
#include "graph/op.h"

namespace espalier::calibrate {
namespace {

constexpr double kDamping = 0.01;           // of the mean variance of inputs
constexpr std::int64_t kRowsAtOnce = 2048;  // as many as f32 sums are good for
constexpr std::int64_t kMostBuffered = 1 << 24;
// Windows of an image overlap: beyond this, more of them change errors by less than a hundredth.
constexpr std::int64_t kEnoughRows = 8192;
constexpr std::int64_t kEnoughAnInput = 4;
constexpr std::int64_t kRun = 8;  // rows that are taken together
constexpr double kGolden = 0.6180339887498949;

/// Whether run number `i` is taken, when `share` of all are: the parts behind the point of its multiples
/// spread evenly, and in step with nothing.
bool is_taken(std::int64_t i, double share) {
    const double multiple = static_cast<double>(i) * kGolden;
    return multiple - std::floor(multiple) < share;
}

std::int64_t output_count(const std::vector<std::int64_t>& outputs) { return std::ssize(outputs); }

}  // namespace

OutputRows::OutputRows(const Node& node, const Tensor& weight) : axis_(ops().get(node.op).output_axis(node)) {
    outputs_ = weight.shape()[static_cast<std::size_t>(axis_)];
    inputs_ = weight.count() / std::max<std::int64_t>(1, outputs_);
    if (node.op == "Conv") groups_ = node.attribute_int("group", 1);
}

void OutputRows::copy_row(const Tensor& weight, std::int64_t output, float* to) const {
    const auto from = weight.f32();
    for (std::int64_t j = 0; j < inputs_; ++j) to[j] = from[at(output, j)];
}

void OutputRows::set_row(Tensor& weight, std::int64_t output, const float* row) const {
    const auto to = weight.f32();
    for (std::int64_t j = 0; j < inputs_; ++j) to[at(output, j)] = row[j];
}

LayerMatch::LayerMatch(const Node& old, const Tensor& old_weight, const Node& now, Tensor& weight,
                       const std::vector<std::int64_t>& kept_outputs, Fit fit, int threads)
    : old_(old),
      old_weight_(old_weight),
      now_(now),
      weight_(weight),
      fit_(fit),
      threads_(threads),
      old_outputs_(old, old_weight),
      outputs_(now, weight),
      groups_(static_cast<std::size_t>(outputs_.groups())) {
    const std::int64_t m = old_outputs_.inputs();
    const std::int64_t n = outputs_.inputs();
    if (std::max(m, n) > kWidest)
        throw Unsupported(fmt::format("{}: {} inputs of an output, expected at most {}", describe(now),
                                      std::max(m, n), kWidest));
    most_waiting_ = std::clamp(kMostBuffered / ((m + n) * outputs_.groups()), 8 * kRun, kRowsAtOnce);
    for (std::int64_t o = 0; o < outputs_.outputs(); ++o) {
        Group& group = groups_[static_cast<std::size_t>(outputs_.group_of(o))];
        const std::int64_t was = kept_outputs[static_cast<std::size_t>(o)];
        if (!group.outputs.empty() && group.before != old_outputs_.group_of(was))
            throw Unsupported(
                fmt::format("{}: outputs of one group come from several of those before", describe(now)));
        group.before = old_outputs_.group_of(was);
        group.outputs.push_back(o);
        group.old_weights.resize(group.old_weights.size() + static_cast<std::size_t>(m));
        old_outputs_.copy_row(old_weight, was, group.old_weights.data() + group.old_weights.size() - m);
        group.weights.resize(group.weights.size() + static_cast<std::size_t>(n));
        outputs_.copy_row(weight, o, group.weights.data() + group.weights.size() - n);
    }
    for (Group& group : groups_) {
        group.old_rows.resize(static_cast<std::size_t>(most_waiting_ * m));
        group.rows.resize(static_cast<std::size_t>(most_waiting_ * n));
        group.old_sums.resize(group.outputs.size());
        group.sums.resize(group.outputs.size());
        if (fit == Fit::statistics) continue;
        group.gram = empty_gram(n);
        group.cross.resize(static_cast<std::size_t>(n) * group.outputs.size());
    }
}

void LayerMatch::add(const Tensor& before, const Tensor& now, std::size_t batches) {
    const InputRows x0(old_, old_weight_.shape(), before);
    const InputRows x1(now_, weight_.shape(), now);
    if (x0.count() != x1.count())
        throw Unsupported(
            fmt::format("{}: {} rows of inputs before, {} now", describe(now_), x0.count(), x1.count()));
    const std::int64_t enough = std::max(kEnoughRows, kEnoughAnInput * x1.width());
    const double share =
        static_cast<double>(enough) / static_cast<double>(x0.count() * static_cast<std::int64_t>(batches));
    const std::int64_t run = share >= 1 ? most_waiting_ : kRun;
    for (std::int64_t first = 0; first < x0.count(); first += run) {
        if (is_taken(runs_++, share)) take(x0, x1, first, std::min(run, x0.count() - first));
    }
}

void LayerMatch::take(const InputRows& before, const InputRows& now, std::int64_t first, std::int64_t count) {
    for (std::size_t g = 0; g < groups_.size(); ++g) {
        Group& group = groups_[g];
        if (group.waiting + count > most_waiting_) flush(group);
        before.copy(group.before, first, count, group.old_rows.data() + group.waiting * before.width(),
                    count > kRun ? threads_ : 1);
        now.copy(static_cast<std::int64_t>(g), first, count, group.rows.data() + group.waiting * now.width(),
                 count > kRun ? threads_ : 1);
        group.waiting += count;
    }
}

/// Y0 = X0 W0' of the rows that wait, and what is summed of it.
void LayerMatch::flush(Group& group) {
    const std::int64_t rows = std::exchange(group.waiting, 0);
    const std::int64_t m = old_outputs_.inputs();
    const std::int64_t n = outputs_.inputs();
    const std::int64_t o = output_count(group.outputs);
    if (rows == 0) return;
    group.count += rows;
    const auto sum = [&](const std::vector<float>& y, std::vector<Sums>& sums) {
        for (std::int64_t i = 0; i < rows; ++i) {
            for (std::int64_t k = 0; k < o; ++k)
                sums[static_cast<std::size_t>(k)].add(y[static_cast<std::size_t>(i * o + k)]);
        }
    };
    std::vector<float> y(static_cast<std::size_t>(rows * o));
    multiply(rows, o, m, 1, {group.old_rows.data(), m}, {group.old_weights.data(), m, true}, 0, y.data(), o);
    sum(y, group.old_sums);
    if (fit_ == Fit::statistics) {
        multiply(rows, o, n, 1, {group.rows.data(), n}, {group.weights.data(), n, true}, 0, y.data(), o);
        sum(y, group.sums);
        return;
    }
    add_rows(group.gram, group.rows.data(), rows, threads_);
    product_.resize(group.cross.size());
    multiply(n, o, rows, 1, {group.rows.data(), n, true}, {y.data(), o}, 0, product_.data(), o);
    for (std::size_t i = 0; i < product_.size(); ++i) group.cross[i] += product_[i];
}

void LayerMatch::solve(Group& group) const {
    complete(group.gram);
    const auto rows = static_cast<double>(group.count);
    const std::int64_t n = outputs_.inputs();
    const std::int64_t o = output_count(group.outputs);
    std::vector<float> covariance(static_cast<std::size_t>(n * n));
    double spread = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        spread += group.gram.variance(i);
        const double mean = group.gram.mean(i);
        for (std::int64_t j = 0; j < n; ++j) {
            const auto at = static_cast<std::size_t>(i * n + j);
            covariance[at] = static_cast<float>(group.gram.products[at] / rows - mean * group.gram.mean(j));
        }
    }
    // C' - W1 A, outputs x inputs.
    std::vector<float> right(group.weights.size());
    for (std::int64_t k = 0; k < o; ++k) {
        const double mean = group.old_sums[static_cast<std::size_t>(k)].sum / rows;
        for (std::int64_t i = 0; i < n; ++i)
            right[static_cast<std::size_t>(k * n + i)] = static_cast<float>(
                group.cross[static_cast<std::size_t>(i * o + k)] / rows - group.gram.mean(i) * mean);
    }
    multiply(o, n, n, -1, {group.weights.data(), n}, {covariance.data(), n}, 1, right.data(), n);
    const auto damping = static_cast<float>(std::max(1e-30, kDamping * spread / static_cast<double>(n)));
    for (std::int64_t i = 0; i < n; ++i) covariance[static_cast<std::size_t>(i * (n + 1))] += damping;
    if (!factor(covariance, n, threads_)) return;  // inputs that never change: the bias does it all
    invert_lower(covariance, n, threads_);
    std::vector<float> half(right.size());  // of (A + d)^-1 = L^-T L^-1
    multiply(o, n, n, 1, {right.data(), n}, {covariance.data(), n, true}, 0, half.data(), n);
    multiply(o, n, n, 1, {half.data(), n}, {covariance.data(), n}, 1, group.weights.data(), n);
}

void LayerMatch::scale(Group& group) const {
    const auto rows = static_cast<double>(group.count);
    const std::int64_t n = outputs_.inputs();
    const auto variance = [&](const Sums& of) { return of.squares / rows - of.sum / rows * of.sum / rows; };
    for (std::size_t k = 0; k < group.outputs.size(); ++k) {
        const double was = variance(group.old_sums[k]);
        const double is = variance(group.sums[k]);
        if (!(was > 0) || !(is > 0)) continue;
        const double scale = std::sqrt(was / is);
        const auto first = group.weights.begin() + static_cast<std::ptrdiff_t>(k) * n;
        std::for_each(first, first + n, [&](float& weight) { weight = static_cast<float>(weight * scale); });
        group.sums[k].sum *= scale;
    }
}

std::vector<double> LayerMatch::fit() {
    std::vector<double> shifts(static_cast<std::size_t>(outputs_.outputs()));
    for (Group& group : groups_) {
        flush(group);
        if (group.count == 0) continue;
        fit_ == Fit::least_squares ? solve(group) : scale(group);
        const std::int64_t n = outputs_.inputs();
        for (std::size_t k = 0; k < group.outputs.size(); ++k) {
            const float* const row = group.weights.data() + static_cast<std::ptrdiff_t>(k) * n;
            double is = group.sums[k].sum;
            if (fit_ == Fit::least_squares) {
                is = 0;
                for (std::int64_t i = 0; i < n; ++i)
                    is += group.gram.sums[static_cast<std::size_t>(i)] * static_cast<double>(row[i]);
            }
            shifts[static_cast<std::size_t>(group.outputs[k])] =
                (group.old_sums[k].sum - is) / static_cast<double>(group.count);
            outputs_.set_row(weight_, group.outputs[k], row);
        }
    }
    return shifts;
}

}  // namespace espalier::calibrate
