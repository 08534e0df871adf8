// Group lasso (Yuan & Lin 2006; for networks Wen et al. 2016): R = sum over groups of sqrt(n_g) ||w_g||_2.
// The groups are the units of a granularity, so whole filters, channels or blocks get to zero together.
#include <cmath>

#include "train/regularizer.h"

namespace espalier::train::regularizers_::group_lasso_ {
namespace {

/// Calls body(first element, height, width) for every group; rows are `cols` elements apart.
template <class Body>
void for_each_group(const prune::Tiling& groups, Body&& body) {
    for (std::int64_t group = 0; group < groups.units(); ++group) {
        const auto piece = groups.piece(group, 1);
        body(piece.top * groups.cols() + piece.left, piece.height, piece.width);
    }
}

double norm(const RegularizedWeight& weight, std::int64_t first, std::int64_t height, std::int64_t width) {
    double sum = 0;
    for (std::int64_t row = 0; row < height; ++row) {
        for (std::int64_t column = 0; column < width; ++column) {
            const double w =
                weight.weight[static_cast<std::size_t>(first + row * weight.groups.cols() + column)];
            sum += w * w;
        }
    }
    return std::sqrt(sum);
}

double penalty(const RegularizedWeight& weight) {
    double sum = 0;
    for_each_group(weight.groups, [&](std::int64_t first, std::int64_t height, std::int64_t width) {
        sum += std::sqrt(static_cast<double>(height * width)) * norm(weight, first, height, width);
    });
    return sum;
}

void add_gradient(const RegularizedWeight& weight, float strength, std::span<float> gradient) {
    for_each_group(weight.groups, [&](std::int64_t first, std::int64_t height, std::int64_t width) {
        const double length = norm(weight, first, height, width);
        if (length == 0) return;
        const auto factor =
            static_cast<float>(strength * std::sqrt(static_cast<double>(height * width)) / length);
        for (std::int64_t row = 0; row < height; ++row) {
            for (std::int64_t column = 0; column < width; ++column) {
                const auto at = static_cast<std::size_t>(first + row * weight.groups.cols() + column);
                gradient[at] += factor * weight.weight[at];
            }
        }
    });
}

constexpr ReadKey kReads[] = {{.key = "regularize.group"}};

}  // namespace

extern const Regularizer group_lasso{.name = "group-lasso",
                                     .summary = "length of each unit of a granularity",
                                     .formula = "sum_g sqrt(n_g) ||w_g||_2",
                                     .strength = &Recipe::Regularize::group_lasso,
                                     .penalty = penalty,
                                     .add_gradient = add_gradient,
                                     .reads = kReads};

}  // namespace espalier::train::regularizers_::group_lasso_
