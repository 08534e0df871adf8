// score = |gamma| of the normalisation behind the output
// Liu et al. 2017, "Learning Efficient Convolutional Networks through Network Slimming". All weights of an
// output share it, so a filter scores its gamma itself; other units score the mean over their weights.
#include <cmath>

#include "prune/criterion.h"

namespace espalier::prune::criteria_::batch_norm_scale_ {
namespace {

constexpr std::string_view kNeeds[] = {"batch-norm-scale"};

void score(const Scored& scored, std::int64_t first, std::span<float> scores) {
    const Layout& layout = scored.layout;
    const std::span<const float> gamma = scored.candidate.signal("batch-norm-scale");
    std::int64_t row = first / layout.cols;
    std::int64_t col = first % layout.cols;
    for (float& score : scores) {
        const std::int64_t output =
            layout.output_axis == 0 ? row : row / layout.rows_each() * layout.second() + col / layout.kernel;
        score = std::abs(gamma[static_cast<std::size_t>(output)]);
        if (++col == layout.cols) {
            col = 0;
            ++row;
        }
    }
}

}  // namespace

extern const Criterion batch_norm_scale{.name = "batch-norm-scale",
                                        .summary = "scale of the batch normalisation behind the filter",
                                        .formula = "|gamma|",
                                        .source = "Liu et al. 2017, Network Slimming",
                                        .needs = kNeeds,
                                        .signals_mode = SignalsMode::none,
                                        .norm = "mean",
                                        .score = score};

}  // namespace espalier::prune::criteria_::batch_norm_scale_
