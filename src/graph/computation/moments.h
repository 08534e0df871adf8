// Mean and variance of some elements.
#pragma once

#include <cmath>

#include "graph/evaluation.h"

namespace espalier {

struct Moments {
    double mean = 0;
    double inverse_deviation = 1;  // 1 / sqrt(variance + epsilon)

    template <class T>
    static Moments of(std::span<const T> x, double epsilon) {
        const auto count = static_cast<double>(x.size());
        double sum = 0;
        for (const T value : x) sum += static_cast<double>(value);
        Moments moments{.mean = sum / count};
        double squares = 0;
        for (const T value : x) {
            const double far = static_cast<double>(value) - moments.mean;
            squares += far * far;
        }
        moments.inverse_deviation = 1 / std::sqrt(squares / count + epsilon);
        return moments;
    }

    template <class T>
    double normal(T value) const {
        return (static_cast<double>(value) - mean) * inverse_deviation;
    }
};

}  // namespace espalier
