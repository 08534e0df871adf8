#include <algorithm>
#include <cmath>

#include "kernels/attention_f32/attention_f32.h"

namespace espalier::kernels {
namespace {

std::int64_t place(const ItemMatrices& matrices, std::size_t item, std::int64_t row, std::int64_t column) {
    return matrices.items[item] + row * matrices.row_step + column * matrices.column_step;
}

double changed(double score, const ScoreStep& step, const void* mask, std::int64_t at) {
    if (step.kind == ScoreStep::Kind::add) return score + static_cast<const float*>(mask)[at];
    const bool set = static_cast<const std::uint8_t*>(mask)[at] != 0;
    return set == (step.kind == ScoreStep::Kind::keep) ? score : step.value;
}

}  // namespace

void attention_f32_reference(const Attention& attention, const float* query, const float* key,
                             const float* value, const void* const* masks, double* output) {
    std::vector<double> scores(static_cast<std::size_t>(attention.keys));
    for (std::size_t item = 0; item < attention.query.items.size(); ++item) {
        for (std::int64_t row = 0; row < attention.queries; ++row) {
            for (std::int64_t k = 0; k < attention.keys; ++k) {
                double sum = 0;
                for (std::int64_t i = 0; i < attention.depth; ++i) {
                    sum += static_cast<double>(query[place(attention.query, item, row, i)]) *
                           key[place(attention.key, item, k, i)];
                }
                sum *= attention.scale;
                for (std::size_t s = 0; s < attention.steps.size(); ++s)
                    sum = changed(sum, attention.steps[s], masks[s],
                                  place(attention.steps[s].mask, item, row, k));
                scores[static_cast<std::size_t>(k)] = sum;
            }
            const double most = *std::ranges::max_element(scores);
            double all = 0;
            for (double& score : scores) all += score = std::exp(score - most);
            for (std::int64_t column = 0; column < attention.columns; ++column) {
                double sum = 0;
                for (std::int64_t k = 0; k < attention.keys; ++k)
                    sum +=
                        scores[static_cast<std::size_t>(k)] * value[place(attention.value, item, k, column)];
                output[place(attention.output, item, row, column)] = sum / all;
            }
        }
    }
}

}  // namespace espalier::kernels
