#include "calibrate/layer_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "base/threads/parallel.h"
#include "calibrate/linear/gram.h"
#include "calibrate/linear/product.h"
#include "calibrate/linear/ridge.h"
#include "calibrate/residual.h"
#include "espalier/error.h"
#include "graph/op.h"

namespace espalier::calibrate {
namespace {

constexpr double kUsualDamping = 0.01;        // of few rows, and of very wide layers
constexpr std::int64_t kFewestRows = 16;      // of a half
constexpr std::int64_t kWidestHalves = 6144;  // inputs; of more, one sum of products fills 0.3 GB
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
      kept_outputs_(kept_outputs),
      groups_(static_cast<std::size_t>(outputs_.groups())) {
    const std::int64_t m = old_outputs_.inputs();
    const std::int64_t n = outputs_.inputs();
    if (std::max(m, n) > kWidest)
        throw Unsupported(fmt::format("{}: {} inputs of an output, expected at most {}", describe(now),
                                      std::max(m, n), kWidest));
    most_waiting_ = std::clamp(kMostBuffered / (2 * (m + n) * outputs_.groups()), 8 * kRun, kRowsAtOnce);
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
        group.sums.resize(group.outputs.size());
        group.halves.resize(fit == Fit::least_squares && n <= kWidestHalves ? 2 : 1);
        for (Half& half : group.halves) {
            half.old_rows.resize(static_cast<std::size_t>(most_waiting_ * m));
            half.rows.resize(static_cast<std::size_t>(most_waiting_ * n));
            half.old_sums.resize(group.outputs.size());
            if (fit == Fit::statistics) continue;
            half.gram = empty_gram(n);
            half.cross.resize(static_cast<std::size_t>(n) * group.outputs.size());
        }
    }
}

void LayerMatch::add(const Seen& before, const Seen& now, std::size_t batches) {
    const InputRows x0(old_, old_weight_.shape(), *before.inputs);
    const InputRows x1(now_, weight_.shape(), *now.inputs);
    if (x0.count() != x1.count())
        throw Unsupported(
            fmt::format("{}: {} rows of inputs before, {} now", describe(now_), x0.count(), x1.count()));
    std::optional<InputRows> r0;
    std::optional<InputRows> r1;
    const auto fits = [](const Seen& seen, const Node& layer, const OutputRows& outputs) {
        return seen.residual != nullptr &&
               fits_residual(layer, *seen.inputs, outputs.outputs(), *seen.residual);
    };
    if (fit_ == Fit::least_squares && fits(before, old_, old_outputs_) && fits(now, now_, outputs_)) {
        r0.emplace(residual_rows(old_, *before.residual));
        r1.emplace(residual_rows(now_, *now.residual));
    }
    // One that is repeated over an image is left out.
    const bool has_residuals = r0 && r0->count() == x0.count() && r1->count() == x1.count();
    const Rows rows{x0, x1, has_residuals ? &*r0 : nullptr, has_residuals ? &*r1 : nullptr};
    const std::int64_t enough = std::max(kEnoughRows, kEnoughAnInput * x1.width());
    const double share =
        static_cast<double>(enough) / static_cast<double>(x0.count() * static_cast<std::int64_t>(batches));
    const std::int64_t run = share >= 1 ? most_waiting_ : kRun;
    // Rows of one example are alike: halves have examples of their own, where there are several batches.
    const std::size_t parity = added_++ % 2;
    const std::int64_t middle = batches > 1 ? 0 : x0.count() / 2;
    for (const auto& [begin, end, half] : {std::tuple(std::int64_t{0}, middle, std::size_t{0}),
                                           std::tuple(middle, x0.count(), batches > 1 ? parity : 1)}) {
        for (std::int64_t first = begin; first < end; first += run) {
            if (is_taken(runs_++, share)) take(rows, first, std::min(run, end - first), half);
        }
    }
}

void LayerMatch::take(const Rows& rows, std::int64_t first, std::int64_t count, std::size_t half) {
    const int threads = count > kRun ? threads_ : 1;
    if (rows.residual != nullptr) {
        old_residuals_.resize(static_cast<std::size_t>(count * old_outputs_.outputs()));
        residuals_.resize(static_cast<std::size_t>(count * outputs_.outputs()));
        rows.old_residual->copy(0, first, count, old_residuals_.data(), threads);
        rows.residual->copy(0, first, count, residuals_.data(), threads);
    }
    for (std::size_t g = 0; g < groups_.size(); ++g) {
        Group& group = groups_[g];
        Half& to = group.halves[std::min(half, group.halves.size() - 1)];
        if (to.waiting + count > most_waiting_) flush(group, to);
        rows.before.copy(group.before, first, count, to.old_rows.data() + to.waiting * rows.before.width(),
                         threads);
        rows.now.copy(static_cast<std::int64_t>(g), first, count,
                      to.rows.data() + to.waiting * rows.now.width(), threads);
        if (fit_ == Fit::least_squares) {
            const std::int64_t outputs = output_count(group.outputs);
            to.residuals.resize(static_cast<std::size_t>(most_waiting_ * outputs));
            float* const residuals = to.residuals.data() + to.waiting * outputs;
            std::fill_n(residuals, count * outputs, 0.0F);
            if (rows.residual != nullptr) take_residuals(group, count, residuals);
        }
        to.waiting += count;
    }
}

/// Of those that take() copied, the group's.
void LayerMatch::take_residuals(const Group& group, std::int64_t count, float* to) const {
    const std::int64_t m = old_outputs_.outputs();
    const std::int64_t n = outputs_.outputs();
    for (std::int64_t i = 0; i < count; ++i) {
        for (const std::int64_t o : group.outputs) {
            const std::int64_t was = kept_outputs_[static_cast<std::size_t>(o)];
            *to++ = old_residuals_[static_cast<std::size_t>(i * m + was)] -
                    residuals_[static_cast<std::size_t>(i * n + o)];
        }
    }
}

/// Y of the rows that wait, and what is summed of it.
void LayerMatch::flush(Group& group, Half& to) {
    const std::int64_t rows = std::exchange(to.waiting, 0);
    const std::int64_t m = old_outputs_.inputs();
    const std::int64_t n = outputs_.inputs();
    const std::int64_t o = output_count(group.outputs);
    if (rows == 0) return;
    to.count += rows;
    const auto sum = [&](const std::vector<float>& y, std::vector<Sums>& sums) {
        for (std::int64_t i = 0; i < rows; ++i) {
            for (std::int64_t k = 0; k < o; ++k)
                sums[static_cast<std::size_t>(k)].add(y[static_cast<std::size_t>(i * o + k)]);
        }
    };
    std::vector<float> y(static_cast<std::size_t>(rows * o));
    multiply(rows, o, m, 1, {to.old_rows.data(), m}, {group.old_weights.data(), m, true}, 0, y.data(), o);
    for (std::size_t i = 0; fit_ == Fit::least_squares && i < y.size(); ++i) y[i] += to.residuals[i];
    sum(y, to.old_sums);
    if (fit_ == Fit::statistics) {
        multiply(rows, o, n, 1, {to.rows.data(), n}, {group.weights.data(), n, true}, 0, y.data(), o);
        sum(y, group.sums);
        return;
    }
    add_rows(to.gram, to.rows.data(), rows, threads_);
    product_.resize(to.cross.size());
    multiply(n, o, rows, 1, {to.rows.data(), n, true}, {y.data(), o}, 0, product_.data(), o);
    for (std::size_t i = 0; i < product_.size(); ++i) to.cross[i] += product_[i];
}

RidgeEquation LayerMatch::equation(const Group& group, const Half& half) const {
    const auto rows = static_cast<double>(half.count);
    const std::int64_t n = outputs_.inputs();
    const std::int64_t o = output_count(group.outputs);
    RidgeEquation equation{.inputs = n, .outputs = o, .covariance = {}, .right = {}};
    equation.covariance.resize(static_cast<std::size_t>(n * n));
    for (std::int64_t i = 0; i < n; ++i) {
        equation.spread += half.gram.variance(i) / static_cast<double>(n);
        const double mean = half.gram.mean(i);
        for (std::int64_t j = 0; j < n; ++j) {
            const auto at = static_cast<std::size_t>(i * n + j);
            equation.covariance[at] =
                static_cast<float>(half.gram.products[at] / rows - mean * half.gram.mean(j));
        }
    }
    equation.right.resize(group.weights.size());
    for (std::int64_t k = 0; k < o; ++k) {
        const double mean = half.old_sums[static_cast<std::size_t>(k)].sum / rows;
        for (std::int64_t i = 0; i < n; ++i)
            equation.right[static_cast<std::size_t>(k * n + i)] = static_cast<float>(
                half.cross[static_cast<std::size_t>(i * o + k)] / rows - half.gram.mean(i) * mean);
    }
    multiply(o, n, n, -1, {group.weights.data(), n}, {equation.covariance.data(), n}, 1,
             equation.right.data(), n);
    return equation;
}

std::optional<double> LayerMatch::damping_of(const Group& group) const {
    if (group.halves.size() < 2 ||
        std::ranges::any_of(group.halves, [](const Half& half) { return half.count < kFewestRows; }))
        return kUsualDamping;
    return best_damping(equation(group, group.halves[0]), equation(group, group.halves[1]), threads_);
}

void LayerMatch::solve(Group& group) const {
    for (Half& half : group.halves) complete(half.gram);
    const std::optional<double> damping = damping_of(group);
    Half& all = group.halves.front();
    for (; group.halves.size() > 1; group.halves.pop_back()) {
        const Half& more = group.halves.back();
        all.count += more.count;
        merge(all.gram, more.gram);
        for (std::size_t i = 0; i < all.cross.size(); ++i) all.cross[i] += more.cross[i];
        for (std::size_t k = 0; k < all.old_sums.size(); ++k) all.old_sums[k].sum += more.old_sums[k].sum;
    }
    if (!damping) return;
    const std::vector<float> change = solved(equation(group, all), *damping, threads_);
    for (std::size_t i = 0; i < change.size(); ++i) group.weights[i] += change[i];
}

void LayerMatch::scale(Group& group) const {
    const auto rows = static_cast<double>(group.halves.front().count);
    const std::int64_t n = outputs_.inputs();
    const auto variance = [&](const Sums& of) { return of.squares / rows - of.sum / rows * of.sum / rows; };
    for (std::size_t k = 0; k < group.outputs.size(); ++k) {
        const double was = variance(group.halves.front().old_sums[k]);
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
        for (Half& half : group.halves) flush(group, half);
        const Half& all = group.halves.front();
        fit_ == Fit::least_squares ? solve(group) : scale(group);
        if (all.count == 0) continue;
        const std::int64_t n = outputs_.inputs();
        for (std::size_t k = 0; k < group.outputs.size(); ++k) {
            const float* const row = group.weights.data() + static_cast<std::ptrdiff_t>(k) * n;
            double is = group.sums[k].sum;
            if (fit_ == Fit::least_squares) {
                is = 0;
                for (std::int64_t i = 0; i < n; ++i)
                    is += all.gram.sums[static_cast<std::size_t>(i)] * static_cast<double>(row[i]);
            }
            shifts[static_cast<std::size_t>(group.outputs[k])] =
                (all.old_sums[k].sum - is) / static_cast<double>(all.count);
            outputs_.set_row(weight_, group.outputs[k], row);
        }
    }
    return shifts;
}

}  // namespace espalier::calibrate
