// How far outputs are from those before, without labels.
#pragma once

#include <vector>

#include "espalier/tensor.h"

namespace espalier::calibrate {

/// |y - y0| / |y0| (Frobenius) over all outputs of f32 of all batches; 0 where all of y0 is 0 and y too.
double relative_error(const std::vector<std::vector<Tensor>>& before,
                      const std::vector<std::vector<Tensor>>& after);

}  // namespace espalier::calibrate
