#include <algorithm>

#include "kernels/spmv_f32_csr/spmv_f32_csr.h"

namespace espalier::kernels {

void spmv_f32_csr_reference(std::int64_t rows, std::int64_t columns, std::span<const float> w,
                            std::span<const float> bias, std::int64_t batch, const float* x, double* y,
                            bool relu) {
    for (std::int64_t n = 0; n < batch; ++n) {
        for (std::int64_t m = 0; m < rows; ++m) {
            double sum = bias[static_cast<std::size_t>(m)];
            for (std::int64_t k = 0; k < columns; ++k) {
                const double weight = w[static_cast<std::size_t>(m * columns + k)];
                if (weight != 0.0) sum += weight * static_cast<double>(x[n * columns + k]);
            }
            y[n * rows + m] = relu ? std::max(sum, 0.0) : sum;
        }
    }
}

}  // namespace espalier::kernels
