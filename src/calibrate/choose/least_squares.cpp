#include "calibrate/choose/least_squares.h"

#include <algorithm>
#include <atomic>

#include "base/threads/parallel.h"
#include "calibrate/linear/product.h"

namespace espalier::calibrate {
namespace {

constexpr double kReached = 1e-8;  // of the square of the first residual

class ConjugateGradients {
  public:
    explicit ConjugateGradients(LayerProblem& layer)
        : layer_(layer),
          matrix_(damped(layer, layer.damping)),
          residual_(layer.weight.size()),
          direction_(layer.weight.size()),
          product_(layer.weight.size()),
          energy_(static_cast<std::size_t>(layer.outputs)),
          first_(energy_.size()) {}

    void run(int most) {
        start();
        for (int step = 0; step < most; ++step) {
            if (!go()) return;
        }
    }

  private:
    float pivot(std::int64_t j) const { return matrix_[static_cast<std::size_t>(j * (layer_.inputs + 1))]; }
    /// An input that is 0 in every row, without damping.
    float over_pivot(float value, std::int64_t j) const { return pivot(j) > 0 ? value / pivot(j) : 0; }

    void multiply_by_matrix(const std::vector<float>& m) {
        const std::int64_t n = layer_.inputs;
        multiply(layer_.outputs, n, n, 1, {m.data(), n}, {matrix_.data(), n}, 0, product_.data(), n);
    }

    template <class Body>
    void each_output(const Body& body) {
        parallel_for(layer_.outputs, layer_.threads, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t o = begin; o < end; ++o) body(o);
        });
    }

    void start() {
        std::vector<float> change(layer_.weight.size());
        for (std::size_t i = 0; i < change.size(); ++i) change[i] = layer_.before[i] - layer_.weight[i];
        multiply_by_matrix(change);
        each_output([&](std::int64_t o) {
            double energy = 0;
            for (std::int64_t j = 0; j < layer_.inputs; ++j) {
                const std::size_t at = layer_.at(o, j);
                residual_[at] = layer_.keep[at] != 0 ? product_[at] : 0;
                direction_[at] = over_pivot(residual_[at], j);
                energy += static_cast<double>(residual_[at]) * direction_[at];
            }
            energy_[static_cast<std::size_t>(o)] = first_[static_cast<std::size_t>(o)] = energy;
        });
    }

    bool go() {
        multiply_by_matrix(direction_);
        std::atomic<bool> goes_on = false;
        each_output([&](std::int64_t o) {
            if (step_output(o)) goes_on = true;
        });
        return goes_on;
    }

    bool step_output(std::int64_t o) {
        double& energy = energy_[static_cast<std::size_t>(o)];
        if (!(energy > kReached * first_[static_cast<std::size_t>(o)])) return stop(o);
        double curvature = 0;
        for (std::int64_t j = 0; j < layer_.inputs; ++j)
            curvature += static_cast<double>(direction_[layer_.at(o, j)]) * product_[layer_.at(o, j)];
        if (!(curvature > 0)) return stop(o);
        const double length = energy / curvature;
        double next = 0;
        for (std::int64_t j = 0; j < layer_.inputs; ++j) {
            const std::size_t at = layer_.at(o, j);
            if (layer_.keep[at] == 0) continue;
            layer_.weight[at] += static_cast<float>(length * direction_[at]);
            residual_[at] -= static_cast<float>(length * product_[at]);
            next += static_cast<double>(residual_[at]) * over_pivot(residual_[at], j);
        }
        const double turn = next / energy;
        energy = next;
        for (std::int64_t j = 0; j < layer_.inputs; ++j) {
            const std::size_t at = layer_.at(o, j);
            direction_[at] =
                static_cast<float>(over_pivot(residual_[at], j) + turn * static_cast<double>(direction_[at]));
        }
        return true;
    }

    bool stop(std::int64_t o) {
        const auto first = direction_.begin() + static_cast<std::ptrdiff_t>(layer_.at(o, 0));
        std::fill_n(first, layer_.inputs, 0.0F);
        energy_[static_cast<std::size_t>(o)] = 0;
        return false;
    }

    LayerProblem& layer_;
    std::vector<float> matrix_, residual_, direction_, product_;
    std::vector<double> energy_, first_;  // of residuals, by output
};

}  // namespace

void fit_kept(LayerProblem& layer, int most) {
    apply_mask(layer);
    const std::vector<float> start = layer.weight;
    ConjugateGradients(layer).run(most);
    const std::vector<double> was = squared_errors(layer, start);
    const std::vector<double> is = squared_errors(layer, layer.weight);
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
        if (is[static_cast<std::size_t>(o)] <= was[static_cast<std::size_t>(o)]) continue;
        const auto first = static_cast<std::ptrdiff_t>(layer.at(o, 0));
        std::copy_n(start.begin() + first, layer.inputs, layer.weight.begin() + first);
    }
}

}  // namespace espalier::calibrate
