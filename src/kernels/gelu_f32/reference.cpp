#include <cmath>
#include <numbers>

#include "kernels/gelu_f32/gelu_f32.h"

namespace espalier::kernels {

double gelu_f32_reference(GeluKind kind, double x) {
    switch (kind) {
        case GeluKind::erf:
            return std::erf(x);
        case GeluKind::gelu:
            return x / 2 * (1 + std::erf(x / std::numbers::sqrt2));
        case GeluKind::gelu_tanh:
            break;
    }
    return x / 2 * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
}

}  // namespace espalier::kernels
