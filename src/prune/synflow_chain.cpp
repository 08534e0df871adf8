// dR/d|w| for R = 1' |W_L| ... |W_1| 1, by one pass forwards and one backwards: with f_l = |W_l| f_(l-1), f_0
// = 1, and b_l = |W_(l+1)|' b_(l+1), b_L = 1, it is b_l[o] * f_(l-1)[i]. The sum of |w| dR/d|w| is R in every
// layer, so each layer is divided by its own, and the passes by their largest value: no depth overflows.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "espalier/error.h"
#include "espalier/prune.h"
#include "prune/request/request.h"
#include "prune/units/matrix_view.h"

namespace espalier::prune {
namespace {

class Chain {
  public:
    Chain(std::span<const Candidate> layers, const MaskSet* masks) : layers_(layers) {
        check_weights(layers, masks);
        for (const Candidate& layer : layers) {
            const bool has_mask = masks != nullptr && masks->contains(layer.name);
            masks_.push_back(has_mask ? &masks->at(layer.name) : nullptr);
            layouts_.push_back(layout_of(layer));
            check(layouts_.size() - 1);
        }
    }

    std::vector<std::vector<float>> flow() const {
        std::vector<std::vector<double>> forwards = {ones(layouts_.front().inputs())};
        for (std::size_t l = 0; l < layers_.size(); ++l)
            forwards.push_back(through(l, forwards.back(), false));
        std::vector<std::vector<float>> flow(layers_.size());
        std::vector<double> backwards = ones(layouts_.back().outputs());
        for (std::size_t l = layers_.size(); l-- > 0;) {
            flow[l] = product(l, forwards[l], backwards);
            backwards = through(l, backwards, true);
        }
        return flow;
    }

  private:
    static std::vector<double> ones(std::int64_t count) {
        return std::vector<double>(static_cast<std::size_t>(count), 1.0);
    }

    void check(std::size_t l) const {
        if (layers_[l].shape.size() != 2) {
            throw InvalidArgument(fmt::format("\"{}\" of shape {} is not a fully connected layer",
                                              layers_[l].name, to_string(layers_[l].shape)));
        }
        if (l > 0 && layouts_[l - 1].outputs() != layouts_[l].inputs()) {
            throw InvalidArgument(fmt::format("\"{}\" has {} outputs, but \"{}\" behind it {} inputs",
                                              layers_[l - 1].name, layouts_[l - 1].outputs(), layers_[l].name,
                                              layouts_[l].inputs()));
        }
    }

    double size_of(std::size_t l, std::int64_t at) const {
        if (masks_[l] != nullptr && !(*masks_[l])[at]) return 0;
        return std::abs(static_cast<double>(layers_[l].weight[static_cast<std::size_t>(at)]));
    }

    /// Calls visit(output, input, position in memory).
    template <class Visit>
    void for_each_weight(std::size_t l, Visit visit) const {
        const Layout& layout = layouts_[l];
        for (std::int64_t row = 0; row < layout.rows; ++row) {
            for (std::int64_t col = 0; col < layout.cols; ++col) {
                const auto [output, input] =
                    layout.output_axis == 0 ? std::pair(row, col) : std::pair(col, row);
                visit(static_cast<std::size_t>(output), static_cast<std::size_t>(input),
                      row * layout.cols + col);
            }
        }
    }

    /// |W| x, or |W|' x, divided so that the largest is 1.
    std::vector<double> through(std::size_t l, const std::vector<double>& x, bool transposed) const {
        const std::int64_t size = transposed ? layouts_[l].inputs() : layouts_[l].outputs();
        std::vector<double> y(static_cast<std::size_t>(size));
        for_each_weight(l, [&](std::size_t output, std::size_t input, std::int64_t at) {
            const auto [to, from] = transposed ? std::pair(input, output) : std::pair(output, input);
            y[to] += size_of(l, at) * x[from];
        });
        const double largest = *std::ranges::max_element(y);
        if (largest > 0) {
            for (double& value : y) value /= largest;
        }
        return y;
    }

    /// b f', divided so that the sum of |w| b f, which is R in every layer, is 1.
    std::vector<float> product(std::size_t l, const std::vector<double>& f,
                               const std::vector<double>& b) const {
        double sum = 0;
        for_each_weight(l, [&](std::size_t output, std::size_t input, std::int64_t at) {
            sum += size_of(l, at) * b[output] * f[input];
        });
        std::vector<float> flow(layers_[l].weight.size());
        if (sum == 0) return flow;  // nothing flows: a layer is empty
        for_each_weight(l, [&](std::size_t output, std::size_t input, std::int64_t at) {
            flow[static_cast<std::size_t>(at)] = static_cast<float>(b[output] * f[input] / sum);
        });
        return flow;
    }

    std::span<const Candidate> layers_;
    std::vector<const Mask*> masks_;
    std::vector<Layout> layouts_;
};

}  // namespace

std::vector<std::vector<float>> chain_flow(std::span<const Candidate> layers, const MaskSet* masks) {
    return Chain(layers, masks).flow();
}

}  // namespace espalier::prune
