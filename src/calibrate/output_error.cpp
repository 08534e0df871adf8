#include "calibrate/output_error.h"

#include <cmath>
#include <limits>

namespace espalier::calibrate {

double relative_error(const std::vector<std::vector<Tensor>>& before,
                      const std::vector<std::vector<Tensor>>& after) {
    double error = 0;
    double size = 0;
    for (std::size_t batch = 0; batch < before.size(); ++batch) {
        for (std::size_t i = 0; i < before[batch].size(); ++i) {
            if (before[batch][i].dtype() != DType::f32) continue;
            const std::span<const float> was = before[batch][i].f32();
            const std::span<const float> is = after[batch][i].f32();
            for (std::size_t k = 0; k < was.size(); ++k) {
                const double change = static_cast<double>(is[k]) - was[k];
                error += change * change;
                size += static_cast<double>(was[k]) * was[k];
            }
        }
    }
    if (error == 0) return 0;
    return size > 0 ? std::sqrt(error / size) : std::numeric_limits<double>::infinity();
}

}  // namespace espalier::calibrate
