#include "kernels/sddmm_f32_panel/sddmm_f32_panel.h"

namespace espalier::kernels {

void sddmm_f32_panel_reference(const RowPattern& pattern, const Panels& panels, const float* a,
                               const float* b, double* g) {
    for (std::int64_t row = 0; row < pattern.rows(); ++row) {
        for (std::uint32_t i = pattern.starts[static_cast<std::size_t>(row)];
             i < pattern.starts[static_cast<std::size_t>(row) + 1]; ++i) {
            g[i] = 0;
            for (std::int64_t panel = 0; panel < panels.count(); ++panel) {
                const std::int64_t width = panels.width(panel);
                const float* left = a + Panels::start(panel, pattern.rows()) + row * width;
                const float* right = b + Panels::start(panel, pattern.columns) + pattern.at[i] * width;
                for (std::int64_t lane = 0; lane < panels.rows(panel); ++lane)
                    g[i] += double{left[lane]} * double{right[lane]};
            }
        }
    }
}

}  // namespace espalier::kernels
