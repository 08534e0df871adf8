// For columns j from first to last, with A = X'X + damping, U upper triangular, A^-1 = U'U:
//   score_j = w_j^2 / U_jj^2; of what goes:  W_k -= (w_j / U_jj) U_jk for all k > j
// Frantar & Alistarh 2023, "SparseGPT: Massive Language Models Can Be Accurately Pruned in One-Shot". U_j
// holds what A^-1 is without the columns before j: the step is that of the optimal brain surgeon (Hassibi &
// Stork 1993) for one weight when the columns behind it can still make up for it. What goes is chosen for 128
// columns at a time, and columns behind a block are brought up to date once a block.
#include <algorithm>

#include "base/threads/parallel.h"
#include "calibrate/choose/column_groups.h"
#include "calibrate/linear/factored.h"
#include "calibrate/linear/product.h"
#include "calibrate/linear/triangular.h"

namespace espalier::calibrate::reconstructions_::sparsegpt_ {
namespace {

constexpr std::int64_t kBlock = 128;

class Surgeon {
  public:
    explicit Surgeon(LayerProblem& layer)
        : layer_(layer), factor_(factored(layer)), groups_(column_groups(layer.units, layer.inputs)) {
        for (const std::uint8_t keep : layer.keep) left_ += keep;
    }

    void run() {
        const std::vector<std::int64_t> blocks = column_blocks(groups_, kBlock);
        const std::int64_t all = std::max<std::int64_t>(0, left_ - layer_.kept);
        std::int64_t gone = 0;
        for (std::size_t b = 0; b + 1 < blocks.size(); ++b) {
            const std::int64_t first = blocks[b];
            const std::int64_t end = blocks[b + 1];
            if (layer_.units.m == 0) {
                // Each block loses its share, so that sums are exact at the end.
                const auto share = static_cast<double>(end) / static_cast<double>(layer_.inputs);
                const auto due =
                    end == layer_.inputs ? all : static_cast<std::int64_t>(share * static_cast<double>(all));
                gone += choose(layer_, first, end, scores(first, end), std::max<std::int64_t>(0, due - gone));
            }
            update(first, end);
        }
        apply_mask(layer_);
    }

  private:
    float pivot(std::int64_t j) const { return factor_[static_cast<std::size_t>(j * (layer_.inputs + 1))]; }

    std::vector<float> scores(std::int64_t first, std::int64_t end) const {
        std::vector<float> out;
        out.reserve(static_cast<std::size_t>(layer_.outputs * (end - first)));
        for (std::int64_t o = 0; o < layer_.outputs; ++o) {
            for (std::int64_t j = first; j < end; ++j) {
                const float ratio = layer_.weight[layer_.at(o, j)] / pivot(j);
                out.push_back(ratio * ratio);
            }
        }
        return out;
    }

    /// Eliminates what goes of the block's columns; each output by itself.
    void update(std::int64_t first, std::int64_t end) {
        const std::int64_t n = layer_.inputs;
        const std::int64_t width = end - first;
        errors_.assign(static_cast<std::size_t>(layer_.outputs * width), 0.0F);
        parallel_for(layer_.outputs, layer_.threads, [&](std::int64_t begin, std::int64_t stop) {
            for (std::int64_t o = begin; o < stop; ++o) update_output(o, first, end);
        });
        multiply(layer_.outputs, n - end, width, -1, {errors_.data(), width},
                 {factor_.data() + first * n + end, n}, 1, layer_.weight.data() + end, n);
    }

    void update_output(std::int64_t o, std::int64_t first, std::int64_t end) {
        float* const w = layer_.weight.data() + layer_.at(o, 0);
        std::uint8_t* const keep = layer_.keep.data() + layer_.at(o, 0);
        float* const errors = errors_.data() + o * (end - first);
        std::vector<float> scores(static_cast<std::size_t>(layer_.units.m));
        auto group = std::ranges::lower_bound(groups_, first);
        for (std::int64_t j = first; j < end; ++j) {
            if (layer_.units.m > 0 && j == *group) {  // by weights that are up to date
                const std::int64_t size = *std::next(group) - j;
                for (std::int64_t i = 0; i < size; ++i) {
                    const float ratio = w[j + i] / pivot(j + i);
                    scores[static_cast<std::size_t>(i)] = ratio * ratio;
                }
                choose_of_group(layer_.units.n, size, scores.data(), keep + j);
                ++group;
            }
            if (keep[j] != 0) continue;
            const float error = w[j] / pivot(j);
            const float* const row = factor_.data() + j * layer_.inputs;
            for (std::int64_t k = j; k < end; ++k) w[k] -= error * row[k];
            w[j] = 0;
            errors[j - first] = error;
        }
    }

    LayerProblem& layer_;
    std::vector<float> factor_;
    std::vector<std::int64_t> groups_;
    std::vector<float> errors_;
    std::int64_t left_ = 0;
};

void run(LayerProblem& layer) { Surgeon(layer).run(); }

}  // namespace

extern const Reconstruction sparsegpt{
    .name = "sparsegpt",
    .summary = "column by column, what stays makes up for what goes",
    .formula = "score w_j^2 / U_jj^2, then W_k -= w_j U_jk / U_jj for k > j; (X'X)^-1 = U'U",
    .source = "Frantar & Alistarh 2023, SparseGPT",
    .chooses = true,
    .run = run};

}  // namespace espalier::calibrate::reconstructions_::sparsegpt_
