#include "kernels/transpose_f32_panel/transpose_f32_panel.h"

namespace espalier::kernels {

void to_panels_f32_reference(const Panels& panels, std::int64_t features, const float* rows, float* out) {
    for (std::int64_t panel = 0; panel < panels.count(); ++panel) {
        const std::int64_t width = panels.width(panel);
        float* target = out + Panels::start(panel, features);
        for (std::int64_t k = 0; k < features; ++k) {
            for (std::int64_t n = 0; n < width; ++n) {
                const std::int64_t row = panel * Panels::kWidth + n;
                target[k * width + n] = n < panels.rows(panel) ? rows[row * features + k] : 0.0F;
            }
        }
    }
}

void from_panels_f32_reference(const Panels& panels, std::int64_t features, const float* in, float* rows) {
    for (std::int64_t panel = 0; panel < panels.count(); ++panel) {
        const std::int64_t width = panels.width(panel);
        const float* source = in + Panels::start(panel, features);
        for (std::int64_t k = 0; k < features; ++k) {
            for (std::int64_t n = 0; n < panels.rows(panel); ++n) {
                rows[(panel * Panels::kWidth + n) * features + k] = source[k * width + n];
            }
        }
    }
}

}  // namespace espalier::kernels
