// min |(W - W0) X|^2 over W = D, D sparse, by the alternating direction method of multipliers:
//   W = (A + rho)^-1 (A W0 - V + rho D);  D = the largest of (W + V / rho)^2;  V += rho (W - D)
// with rho growing until the support of D stands still; then least squares over the support.
// Meng et al. 2024, "ALPS: Improved Optimization for Highly Sparse One-Shot Pruning for Large Language
// Models". Columns are scaled so that A has ones on its diagonal, rho starts at 0.1 and is looked at every 3
// steps, as in the paper.
#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "base/threads/parallel.h"
#include "calibrate/choose/column_groups.h"
#include "calibrate/choose/least_squares.h"
#include "calibrate/linear/product.h"
#include "calibrate/linear/triangular.h"
#include "espalier/error.h"

namespace espalier::calibrate::reconstructions_::alps_ {
namespace {

constexpr int kMostSteps = 300;
constexpr int kLook = 3;  // steps between two looks at the support

class Alternation {
  public:
    explicit Alternation(LayerProblem& layer)
        : layer_(layer),
          allowed_(layer.keep),
          matrix_(damped(layer, layer.damping)),
          scale_(static_cast<std::size_t>(layer.inputs)) {
        const std::int64_t n = layer.inputs;
        for (std::int64_t j = 0; j < n; ++j) {
            const float pivot = matrix_[static_cast<std::size_t>(j * (n + 1))];
            scale_[static_cast<std::size_t>(j)] = pivot > 0 ? std::sqrt(pivot) : 1;
        }
        for (std::int64_t i = 0; i < n; ++i) {
            for (std::int64_t j = 0; j < n; ++j)
                matrix_[static_cast<std::size_t>(i * n + j)] /=
                    scale_[static_cast<std::size_t>(i)] * scale_[static_cast<std::size_t>(j)];
        }
        for (const std::uint8_t keep : layer.keep) left_ += keep;
    }

    void run() {
        const std::int64_t n = layer_.inputs;
        std::vector<float> target(layer_.before.size());  // W0, scaled
        for (std::size_t i = 0; i < target.size(); ++i)
            target[i] = layer_.before[i] * scale_[i % scale_.size()];
        std::vector<float> wanted(target.size());  // A W0
        multiply(layer_.outputs, n, n, 1, {target.data(), n}, {matrix_.data(), n}, 0, wanted.data(), n);
        std::vector<float> w = target;
        std::vector<float> v(target.size(), 0.0F);
        std::vector<float> d = projected(target);
        float rho = 0.1F;
        std::vector<float> inverted = inverse_of(rho);
        std::vector<float> right(target.size());
        std::vector<std::uint8_t> support = layer_.keep;
        for (int step = 1; step <= kMostSteps; ++step) {
            for (std::size_t i = 0; i < right.size(); ++i) right[i] = wanted[i] - v[i] + rho * d[i];
            multiply(layer_.outputs, n, n, 1, {right.data(), n}, {inverted.data(), n}, 0, w.data(), n);
            for (std::size_t i = 0; i < right.size(); ++i) right[i] = w[i] + v[i] / rho;
            d = projected(right);
            for (std::size_t i = 0; i < v.size(); ++i) v[i] += rho * (w[i] - d[i]);
            if (step % kLook != 0) continue;
            const double growth = growth_for(support);
            if (growth == 1) break;
            support = layer_.keep;
            rho *= static_cast<float>(growth);
            inverted = inverse_of(rho);
        }
        for (std::size_t i = 0; i < d.size(); ++i) layer_.weight[i] = d[i] / scale_[i % scale_.size()];
    }

  private:
    std::vector<float> inverse_of(float rho) const {
        std::vector<float> sum = matrix_;
        for (std::int64_t j = 0; j < layer_.inputs; ++j)
            sum[static_cast<std::size_t>(j * (layer_.inputs + 1))] += rho;
        sum = inverse(std::move(sum), layer_.inputs, layer_.threads);
        if (sum.empty()) throw InternalError(fmt::format("\"{}\": X'X cannot be factored", layer_.name));
        return sum;
    }

    /// The largest of `m` that may stay; sets the mask.
    std::vector<float> projected(const std::vector<float>& m) {
        std::vector<float> scores(m.size());
        for (std::size_t i = 0; i < m.size(); ++i) scores[i] = m[i] * m[i];
        layer_.keep = allowed_;
        choose(layer_, 0, layer_.inputs, scores, std::max<std::int64_t>(0, left_ - layer_.kept));
        std::vector<float> out = m;
        for (std::size_t i = 0; i < m.size(); ++i) {
            if (layer_.keep[i] == 0) out[i] = 0;
        }
        return out;
    }

    /// By how much rho grows, by how much of the support is new; 1: none of it.
    double growth_for(const std::vector<std::uint8_t>& support) const {
        std::int64_t kept = 0;
        std::int64_t changed = 0;
        for (std::size_t i = 0; i < support.size(); ++i) {
            kept += layer_.keep[i];
            changed += support[i] != layer_.keep[i] ? 1 : 0;
        }
        const double share =
            static_cast<double>(changed) / static_cast<double>(std::max<std::int64_t>(1, kept));
        if (share > 0.1) return 1.3;
        if (share > 0.005) return 1.2;
        return changed > 0 ? 1.1 : 1;
    }

    LayerProblem& layer_;
    std::vector<std::uint8_t> allowed_;  // what an earlier cut left
    std::vector<float> matrix_, scale_;
    std::int64_t left_ = 0;
};

void run(LayerProblem& layer) {
    Alternation(layer).run();
    fit_kept(layer);
}

}  // namespace

extern const Reconstruction alps{
    .name = "alps",
    .summary = "the support by alternating directions, the values by least squares",
    .formula = "W = (A + rho)^-1 (A W0 - V + rho D), D = largest of W + V / rho, V += rho (W - D)",
    .source = "Meng et al. 2024, ALPS",
    .chooses = true,
    .run = run};

}  // namespace espalier::calibrate::reconstructions_::alps_
