// Pruning one layer so that its output changes least: |(W - W0) X|^2 over the calibration rows, with W0 the
// weight before. By X'X alone, so that no input need be kept. One file in reconstructions/ each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/table.h"
#include "calibrate/linear/gram.h"

namespace espalier::calibrate {

/// What is cut, of a matrix of outputs by inputs.
struct Units {
    std::int64_t rows = 1, cols = 1;  // of a unit; 1 x 1: single weights
    std::int64_t n = 0, m = 0;        // N:M along the inputs, in place of units; 0: no pattern
    std::int64_t run = 0;             // columns after which groups of M begin anew; 0: none
};

/// A layer, or one group of a convolution: its output is X W'.
struct LayerProblem {
    std::string name = {};
    std::int64_t outputs = 0, inputs = 0;
    std::vector<float> before = {};       // W0, outputs x inputs
    std::vector<float> weight = {};       // W: 0 where `keep` is 0
    std::vector<std::uint8_t> keep = {};  // 1: stays. A method that chooses is given what an earlier cut left
    const Gram* gram = nullptr;
    Units units = {};
    std::int64_t kept = 0;  // weights that are to stay, for a method that chooses; without a pattern
    double damping = 0.01;  // of the mean of the squares of inputs, added to each
    int threads = 0;
    std::vector<double> shift = {};  // of each output's bias; empty: none
    std::vector<std::string> notes = {};

    std::size_t at(std::int64_t output, std::int64_t input) const {
        return static_cast<std::size_t>(output * inputs + input);
    }
};

struct Reconstruction {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;
    std::string_view source;
    /// Chooses what stays, in place of a criterion; the others are given a mask.
    bool chooses = false;
    /// Leaves the mask as it is given, or changes it, but no value of what stays.
    bool keeps_values = false;
    /// Sets `shift`: biases take what the outputs lose in the mean.
    bool shifts = false;
    void (*run)(LayerProblem& layer) = nullptr;
};

/// The files of calibrate/reconstructions.
const Table<Reconstruction>& reconstructions();

// For the entries.
/// X'X in f32, with damping * mean square on the diagonal.
std::vector<float> damped(const LayerProblem& layer, double damping);
/// |(W - W0) X|^2 of every output.
std::vector<double> squared_errors(const LayerProblem& layer, const std::vector<float>& weight);
/// |(W - W0) X| / |W0 X| over all outputs; 0 where the output is 0 anyway.
struct Squares {
    double error = 0, output = 0;
};
Squares squares_of(const LayerProblem& layer);
/// Zeroes what `keep` does not keep.
void apply_mask(LayerProblem& layer);

}  // namespace espalier::calibrate
