// Of each output, e = sum over what went of w_j E[x_j]. As long as |e| gets smaller: the cut weight with the
// largest sign(e) w_j E[x_j] / Var[x_j] comes back, and of the kept ones with sign(e) w_j E[x_j] < 0 that
// with the least |w_j| |x_j| goes. Zhang et al. 2024, "Dynamic Sparse No Training: Training-Free Fine-tuning
// for Sparse LLMs". The swaps of an output are undone where its true error |(W - W0) X|^2 has grown. No value
// changes. Patterns and units of several weights stay as they are: a swap would break them.
#include <cmath>

#include "base/threads/parallel.h"
#include "calibrate/reconstruction.h"

namespace espalier::calibrate::reconstructions_::dsnot_ {
namespace {

constexpr int kMostSwaps = 50;  // as in the paper

class Output {
  public:
    Output(LayerProblem& layer, std::int64_t output) : layer_(layer), first_(layer.at(output, 0)) {}

    void run() {
        double lost = 0;
        for (std::int64_t j = 0; j < layer_.inputs; ++j) {
            if (!keep(j)) lost += flow(j);
        }
        for (int swap = 0; swap < kMostSwaps; ++swap) {
            const double sign = lost < 0 ? -1 : 1;
            const std::int64_t back = best_to_grow(sign);
            const std::int64_t gone = best_to_cut(sign);
            if (back < 0 || gone < 0) return;
            const double next = lost - flow(back) + flow(gone);
            if (!(std::abs(next) < std::abs(lost))) return;
            keep(back) = 1;
            keep(gone) = 0;
            lost = next;
        }
    }

  private:
    std::uint8_t& keep(std::int64_t j) { return layer_.keep[first_ + static_cast<std::size_t>(j)]; }
    double weight(std::int64_t j) const { return layer_.before[first_ + static_cast<std::size_t>(j)]; }
    double flow(std::int64_t j) const { return weight(j) * layer_.gram->mean(j); }

    std::int64_t best_to_grow(double sign) {
        std::int64_t best = -1;
        double most = 0;
        for (std::int64_t j = 0; j < layer_.inputs; ++j) {
            const double gain = sign * flow(j);
            if (keep(j) || !(gain > 0)) continue;
            const double score = gain / std::max(1e-12, layer_.gram->variance(j));
            if (best >= 0 && score <= most) continue;
            best = j;
            most = score;
        }
        return best;
    }

    std::int64_t best_to_cut(double sign) {
        std::int64_t best = -1;
        double least = 0;
        for (std::int64_t j = 0; j < layer_.inputs; ++j) {
            if (!keep(j) || !(sign * flow(j) < 0)) continue;
            const double score = std::abs(weight(j)) * std::sqrt(layer_.gram->squares(j));
            if (best >= 0 && score >= least) continue;
            best = j;
            least = score;
        }
        return best;
    }

    LayerProblem& layer_;
    std::size_t first_;
};

/// The weight before, under the mask.
std::vector<float> masked(const LayerProblem& layer) {
    std::vector<float> weight = layer.before;
    for (std::size_t i = 0; i < weight.size(); ++i) {
        if (layer.keep[i] == 0) weight[i] = 0;
    }
    return weight;
}

void run(LayerProblem& layer) {
    if (layer.units.m > 0 || layer.units.rows * layer.units.cols != 1) return;
    const std::vector<std::uint8_t> was = layer.keep;
    const std::vector<double> error_was = squared_errors(layer, masked(layer));
    parallel_for(layer.outputs, layer.threads, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t o = begin; o < end; ++o) Output(layer, o).run();
    });
    const std::vector<double> error = squared_errors(layer, masked(layer));
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
        if (error[static_cast<std::size_t>(o)] <= error_was[static_cast<std::size_t>(o)]) continue;
        const auto first = static_cast<std::ptrdiff_t>(layer.at(o, 0));
        std::copy_n(was.begin() + first, layer.inputs, layer.keep.begin() + first);
    }
    layer.weight = masked(layer);
}

}  // namespace

extern const Reconstruction dsnot{
    .name = "dsnot",
    .summary = "weights come back for others where an output's mean is off",
    .formula = "grow max sign(e) w E[x] / Var[x], cut min |w| |x|; e = sum of lost w E[x]",
    .source = "Zhang et al. 2024, Dynamic Sparse No Training",
    .keeps_values = true,
    .run = run};

}  // namespace espalier::calibrate::reconstructions_::dsnot_
