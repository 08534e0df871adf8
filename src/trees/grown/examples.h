// Rows with their targets, from which pruning takes the counts and impurities that an ONNX file does not
// hold.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace espalier::trees {

struct Examples {
    std::int64_t columns = 0;
    std::vector<double> x;     // [rows][columns], as the trees see them
    std::vector<double> y;     // the class as its position among the ensemble's labels, or the number
    std::int64_t classes = 0;  // 0: y are numbers

    std::int64_t rows() const { return static_cast<std::int64_t>(y.size()); }
    const double* row(std::int64_t index) const { return x.data() + index * columns; }
    /// The rows of which `wanted` is true.
    Examples subset(std::span<const std::uint8_t> wanted) const;
};

}  // namespace espalier::trees
