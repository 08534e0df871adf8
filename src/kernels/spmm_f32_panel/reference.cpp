#include <algorithm>

#include "kernels/spmm_f32_panel/spmm_f32_panel.h"

namespace espalier::kernels {

void spmm_f32_panel_reference(std::int64_t rows, std::int64_t columns, std::span<const float> w,
                              std::span<const float> bias, const Panels& panels, const float* x, double* y,
                              bool relu) {
    for (std::int64_t panel = 0; panel < panels.count(); ++panel) {
        const std::int64_t width = panels.width(panel);
        const float* x_panel = x + Panels::start(panel, columns);
        double* y_panel = y + Panels::start(panel, rows);
        for (std::int64_t m = 0; m < rows; ++m) {
            for (std::int64_t n = 0; n < width; ++n) {
                double sum = bias[static_cast<std::size_t>(m)];
                for (std::int64_t k = 0; k < columns; ++k) {
                    const double weight = w[static_cast<std::size_t>(m * columns + k)];
                    if (weight != 0.0) sum += weight * static_cast<double>(x_panel[k * width + n]);
                }
                y_panel[m * width + n] = relu ? std::max(sum, 0.0) : sum;
            }
        }
    }
}

}  // namespace espalier::kernels
