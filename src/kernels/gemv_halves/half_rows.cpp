#include <fmt/format.h>

#include "espalier/error.h"
#include "kernels/gemv_halves/gemv_halves.h"

namespace espalier::kernels {

HalfRows::HalfRows(std::int64_t rows, std::int64_t columns, std::span<const float> w, HalfType type,
                   std::span<const float> bias)
    : rows_(rows), columns_(columns), type_(type), bias_(bias.begin(), bias.end()) {
    if (rows < 1 || columns < 1 || std::ssize(w) != rows * columns || std::ssize(bias) != rows)
        throw InvalidArgument(fmt::format("{} weights and {} biases for a matrix of {} x {}", w.size(),
                                          bias.size(), rows, columns));
    halves_.reserve(w.size());
    for (const float value : w) halves_.push_back(to_half(value, type));
}

}  // namespace espalier::kernels
