#include "prune/request/weight_sums.h"

#include <cmath>

#include "prune/units/matrix_view.h"

namespace espalier::prune {
namespace {

/// place(output, input and place in the kernel): which of `count` sums a weight is part of.
template <class Place>
std::vector<float> sums(const Candidate& candidate, std::int64_t count, const Place& place) {
    const Layout layout = layout_of(candidate);
    std::vector<double> all(static_cast<std::size_t>(count));
    for (std::int64_t row = 0; row < layout.rows; ++row) {
        for (std::int64_t col = 0; col < layout.cols; ++col) {
            const bool is_stored = layout.output_axis == 0;
            const std::int64_t output = is_stored ? row : col / layout.kernel;
            const std::int64_t input = is_stored ? col : row * layout.kernel + col % layout.kernel;
            all[static_cast<std::size_t>(place(output, input))] +=
                std::abs(candidate.weight[static_cast<std::size_t>(row * layout.cols + col)]);
        }
    }
    return {all.begin(), all.end()};
}

}  // namespace

std::vector<float> input_sums(const Candidate& candidate) {
    const Layout layout = layout_of(candidate);
    return sums(candidate, layout.inputs() * layout.kernel,
                [](std::int64_t, std::int64_t input) { return input; });
}

std::vector<float> output_sums(const Candidate& candidate) {
    return sums(candidate, layout_of(candidate).outputs(),
                [](std::int64_t output, std::int64_t) { return output; });
}

}  // namespace espalier::prune
