#include "calibrate/output_error.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "espalier/error.h"

namespace espalier::calibrate {

void RelativeDistance::add(std::span<const float> after, std::span<const float> before) {
    for (std::size_t i = 0; i < before.size(); ++i) {
        const double change = static_cast<double>(after[i]) - before[i];
        error_ += change * change;
        size_ += static_cast<double>(before[i]) * before[i];
    }
}

double RelativeDistance::value() const {
    if (error_ == 0) return 0;
    return size_ > 0 ? std::sqrt(error_ / size_) : std::numeric_limits<double>::infinity();
}

double relative_error(const std::vector<std::vector<Tensor>>& before,
                      const std::vector<std::vector<Tensor>>& after) {
    RelativeDistance distance;
    for (std::size_t batch = 0; batch < before.size(); ++batch) {
        for (std::size_t i = 0; i < before[batch].size(); ++i) {
            if (before[batch][i].dtype() == DType::f32)
                distance.add(after[batch][i].f32(), before[batch][i].f32());
        }
    }
    const auto is_empty = [](const Tensor& output) { return output.count() == 0; };
    if (std::ranges::all_of(before, [&](const auto& batch) { return std::ranges::all_of(batch, is_empty); }))
        throw BadData("calibration: no output of the network has an element over these data");
    return distance.value();
}

}  // namespace espalier::calibrate
