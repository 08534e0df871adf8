// Least squares of a change that is held near zero: (A + d s) D = R, A the covariance of inputs, s their mean
// variance.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace espalier::calibrate {

struct RidgeEquation {
    std::int64_t inputs = 0, outputs = 0;
    std::vector<float> covariance = {};  // A
    std::vector<float> right = {};       // R', outputs x inputs
    double spread = 0;                   // s
};

/// D', outputs x inputs, for the damping d; nothing where A + d s is not positive definite: inputs that never
/// change.
std::vector<float> solved(RidgeEquation equation, double damping, int threads);

/// tr(D' A D) - 2 tr(D' R): by what the mean squared error of the equation's rows grows with the change.
double growth_of_error(const RidgeEquation& equation, const std::vector<float>& change);

/// Of 10, 1, ... 0.001 the damping with which what `fitted` gives has the least error in `held`; nothing
/// where all have a larger one than no change.
std::optional<double> best_damping(const RidgeEquation& fitted, const RidgeEquation& held, int threads);

}  // namespace espalier::calibrate
