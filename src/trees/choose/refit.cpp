#include "trees/choose/refit.h"

#include <algorithm>
#include <cmath>

#include "espalier/error.h"
#include "graph/trees/predict.h"
#include "graph/trees/scores.h"

namespace espalier::trees {
namespace {

constexpr int kNewtonSteps = 5;
constexpr int kGradientSteps = 100;
constexpr int kHalvings = 10;
constexpr int kSweeps = 50;

using Vector = std::vector<double>;

class Fit {
  public:
    Fit(Ensemble& ensemble, const Examples& examples, double l2)
        : ensemble_(ensemble),
          examples_(examples),
          l2_(l2),
          rows_(at(examples.rows())),
          outputs_(at(ensemble.outputs)) {
        logistic_ = ensemble.post == PostTransform::logistic;
        softmax_ = ensemble.post == PostTransform::softmax;
        if (ensemble.aggregate == Aggregate::average) scale_ = 1 / static_cast<double>(ensemble.roots.size());
        for (const std::int32_t root : ensemble.roots) {
            for (std::int64_t row = 0; row < examples.rows(); ++row)
                leaf_.push_back(leaf_of(ensemble, root, examples.row(row)));
        }
        for (const LeafWeight& weight : ensemble.weights) weights_.push_back(weight.value);
        start_ = weights_;
    }

    void run() {
        if (ensemble_.binary && ensemble_.positive) return run_positive();
        const bool curved = logistic_ || softmax_;
        double before = loss(weights_);
        for (int step = 0; step < (curved ? kNewtonSteps : 1); ++step) {
            const Vector way = newton_direction();
            double length = 1;
            Vector next;
            double after = before;
            for (int i = 0; i < kHalvings; ++i, length /= 2) {
                next = weights_;
                for (std::size_t w = 0; w < next.size(); ++w) next[w] += length * way[w];
                after = loss(next);
                if (after < before) break;
            }
            if (!(after < before)) break;
            weights_ = std::move(next);
            if (before - after < 1e-10 * std::abs(before)) break;
            before = after;
        }
        for (std::size_t w = 0; w < weights_.size(); ++w) {
            const double value = weights_[w];
            ensemble_.weights[w].value =
                ensemble_.doubles ? value : static_cast<double>(static_cast<float>(value));
        }
    }

  private:
    /// Least squares with weights from 0 on, by coordinate descent: leaves of a tree share no row, so a
    /// tree's leaves move together. Cutting off the free fit at 0 would raise every score.
    void run_positive() {
        Vector scores_of = scores(weights_, true);
        const auto output = static_cast<std::size_t>(ensemble_.weights.front().output);
        Vector slope(ensemble_.nodes.size());
        Vector count(ensemble_.nodes.size());
        for (int sweep = 0; sweep < kSweeps; ++sweep) {
            for (std::size_t tree = 0; tree * rows_ < leaf_.size(); ++tree) {
                const std::span<const std::int32_t> leaves(leaf_.data() + tree * rows_, rows_);
                for (const std::int32_t leaf : leaves) slope[at(leaf)] = count[at(leaf)] = 0;
                for (std::size_t row = 0; row < rows_; ++row) {
                    slope[at(leaves[row])] +=
                        scale_ * (scores_of[row * outputs_ + output] - target(row, output));
                    count[at(leaves[row])] += scale_ * scale_;
                }
                // Becomes the step of each leaf, which the first of its rows takes.
                for (const std::int32_t leaf : leaves) {
                    if (count[at(leaf)] == 0) continue;
                    double& weight = weights_[at(ensemble_.nodes[at(leaf)].yes)];
                    const double start = start_[at(ensemble_.nodes[at(leaf)].yes)];
                    const double down = slope[at(leaf)] + l2_ * (weight - start);
                    const double next = std::max(0.0, weight - down / (count[at(leaf)] + l2_));
                    slope[at(leaf)] = next - weight;
                    count[at(leaf)] = 0;
                    weight = next;
                }
                for (std::size_t row = 0; row < rows_; ++row)
                    scores_of[row * outputs_ + output] += scale_ * slope[at(leaves[row])];
            }
        }
        for (std::size_t w = 0; w < weights_.size(); ++w)
            ensemble_.weights[w].value =
                ensemble_.doubles ? weights_[w] : static_cast<double>(static_cast<float>(weights_[w]));
    }

    /// [rows][outputs]: base values and the sums over the leaves.
    Vector scores(const Vector& weights, bool with_base) const {
        Vector sums(rows_ * outputs_, 0);
        for (std::size_t i = 0; i < leaf_.size(); ++i) {
            const TreeNode& leaf = ensemble_.nodes[at(leaf_[i])];
            double* to = sums.data() + i % rows_ * outputs_;
            for (std::int32_t w = leaf.yes; w < leaf.no; ++w)
                to[ensemble_.weights[at(w)].output] += scale_ * weights[at(w)];
        }
        const Vector& base = ensemble_.base;
        for (std::size_t i = 0; with_base && !base.empty() && i < sums.size(); ++i)
            sums[i] += ensemble_.binary ? base.back() : base[base.size() == 1 ? 0 : i % outputs_];
        return sums;
    }

    /// The transpose: what each weight gets of a number for every row and output.
    Vector gathered(const Vector& of_rows) const {
        Vector sums(weights_.size(), 0);
        for (std::size_t i = 0; i < leaf_.size(); ++i) {
            const TreeNode& leaf = ensemble_.nodes[at(leaf_[i])];
            const double* from = of_rows.data() + i % rows_ * outputs_;
            for (std::int32_t w = leaf.yes; w < leaf.no; ++w)
                sums[at(w)] += scale_ * from[ensemble_.weights[at(w)].output];
        }
        return sums;
    }

    bool is_scored(std::size_t output) const {
        return !ensemble_.binary || output == static_cast<std::size_t>(ensemble_.weights.front().output);
    }
    double target(std::size_t row, std::size_t output) const {
        const double y = examples_.y[row];
        if (examples_.classes == 0) return y;
        return ensemble_.binary ? y : y == static_cast<double>(output) ? 1 : 0;
    }

    /// Probabilities, or the scores themselves.
    Vector means(Vector of) const {
        for (std::size_t row = 0; softmax_ && row < rows_; ++row)
            softmax<double>(std::span(of).subspan(row * outputs_, outputs_), false);
        if (logistic_)
            std::ranges::transform(of, of.begin(), [](double x) { return espalier::trees::logistic(x); });
        return of;
    }

    double loss(const Vector& weights) const {
        const Vector raw = scores(weights, true);
        const Vector mean = means(raw);
        double sum = 0;
        for (std::size_t i = 0; i < raw.size(); ++i) {
            const std::size_t output = i % outputs_;
            if (!is_scored(output)) continue;
            const double y = target(i / outputs_, output);
            if (logistic_) {
                sum += std::max(raw[i], 0.0) - raw[i] * y + std::log1p(std::exp(-std::abs(raw[i])));
            } else if (softmax_) {
                sum -= y > 0 ? std::log(std::max(mean[i], 1e-300)) : 0;
            } else {
                sum += 0.5 * (raw[i] - y) * (raw[i] - y);
            }
        }
        for (std::size_t w = 0; w < weights.size(); ++w)
            sum += 0.5 * l2_ * (weights[w] - start_[w]) * (weights[w] - start_[w]);
        return sum;
    }

    /// Of (A' H A + l2) d = -(A' (mean - y) + l2 (w - w0)).
    Vector newton_direction() const {
        Vector slope = means(scores(weights_, true));
        Vector curve(slope.size(), 1);
        for (std::size_t i = 0; i < slope.size(); ++i) {
            if (logistic_ || softmax_) curve[i] = std::max(slope[i] * (1 - slope[i]), 1e-6);
            slope[i] = is_scored(i % outputs_) ? target(i / outputs_, i % outputs_) - slope[i] : 0;
        }
        Vector residual = gathered(slope);
        for (std::size_t w = 0; w < residual.size(); ++w) residual[w] -= l2_ * (weights_[w] - start_[w]);
        Vector way(residual.size(), 0);
        Vector direction = residual;
        double square = dot(residual, residual);
        const double enough = 1e-16 * square;
        for (int i = 0; i < kGradientSteps && square > enough && square > 0; ++i) {
            Vector seen = scores(direction, false);
            for (std::size_t k = 0; k < seen.size(); ++k) seen[k] *= curve[k];
            Vector product = gathered(seen);
            for (std::size_t w = 0; w < product.size(); ++w) product[w] += l2_ * direction[w];
            const double along = dot(direction, product);
            if (!(along > 0)) break;
            const double length = square / along;
            for (std::size_t w = 0; w < way.size(); ++w) {
                way[w] += length * direction[w];
                residual[w] -= length * product[w];
            }
            const double next = dot(residual, residual);
            for (std::size_t w = 0; w < way.size(); ++w)
                direction[w] = residual[w] + next / square * direction[w];
            square = next;
        }
        return way;
    }

    static double dot(const Vector& a, const Vector& b) {
        double sum = 0;
        for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
        return sum;
    }

    Ensemble& ensemble_;
    const Examples& examples_;
    double l2_;
    std::size_t rows_;
    std::size_t outputs_;
    double scale_ = 1;
    bool logistic_ = false;
    bool softmax_ = false;
    std::vector<std::int32_t> leaf_;  // [trees][rows]
    Vector weights_;
    Vector start_;
};

}  // namespace

void refit_leaves(Ensemble& ensemble, const Examples& examples, double l2) {
    if (ensemble.aggregate != Aggregate::sum && ensemble.aggregate != Aggregate::average)
        throw Unsupported("leaves of trees whose least or largest value counts are not fitted again");
    if (ensemble.post == PostTransform::probit || ensemble.post == PostTransform::softmax_zero)
        throw Unsupported("leaves behind PROBIT and SOFTMAX_ZERO are not fitted again");
    if (!(l2 > 0))
        throw InvalidArgument("leaves are fitted with l2 above 0: without it, many fits are equally good");
    if (examples.classes == 0 && ensemble.outputs != 1)
        throw Unsupported("leaves of several targets are not fitted again");
    Fit(ensemble, examples, l2).run();
    Ensemble before = ensemble;
    classify_leaves(ensemble);
    if (ensemble.binary && ensemble.positive != before.positive)
        throw Unsupported(
            "the fitted leaves are all positive, so ONNX would read their scores as probabilities");
}

}  // namespace espalier::trees
