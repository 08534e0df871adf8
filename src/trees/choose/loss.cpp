#include <cmath>

#include "graph/trees/predict.h"
#include "trees/choose/validation.h"

namespace espalier::trees {

Loss loss_of(const Ensemble& ensemble, const Examples& examples) {
    const std::int64_t rows = examples.rows();
    std::vector<double> scores(at(rows * ensemble.outputs));
    std::vector<std::int64_t> labels(ensemble.classifies ? at(rows) : 0);
    predict(ensemble, examples.x.data(), rows, examples.columns, scores.data(), std::span(labels));
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < at(rows); ++i) {
        double loss = 0;
        if (ensemble.classifies) {
            loss = labels[i] == ensemble.labels[static_cast<std::size_t>(examples.y[i])] ? 0 : 1;
        } else {
            const double off = examples.y[i] - scores[i * at(ensemble.outputs)];
            loss = off * off;
        }
        sum += loss;
        squares += loss * loss;
    }
    const auto count = static_cast<double>(rows);
    Loss loss{.mean = sum / count};
    if (rows > 1)
        loss.standard_error = std::sqrt(std::max(0.0, squares / count - loss.mean * loss.mean) / (count - 1));
    return loss;
}

}  // namespace espalier::trees
