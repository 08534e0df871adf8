// How far outputs are from those before, without labels.
#pragma once

#include <span>
#include <vector>

#include "espalier/tensor.h"

namespace espalier::calibrate {

/// |y - y0| / |y0| (Frobenius) of what is added: 0 where both are 0, infinite where y0 alone is.
class RelativeDistance {
  public:
    void add(std::span<const float> after, std::span<const float> before);
    double value() const;

  private:
    double error_ = 0, size_ = 0;
};

/// The same over all outputs of f32 of all batches. Throws BadData where they have no element.
double relative_error(const std::vector<std::vector<Tensor>>& before,
                      const std::vector<std::vector<Tensor>>& after);

}  // namespace espalier::calibrate
