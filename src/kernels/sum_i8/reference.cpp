#include <algorithm>
#include <cmath>

#include "kernels/sum_i8/sum_i8.h"

namespace espalier::kernels {

void sum_i8_reference(const std::uint8_t* a, const std::uint8_t* b, std::int64_t count, const ByteSum& sum,
                      const ByteFinish& finish, std::uint8_t* y) {
    const auto number = [](std::uint8_t byte, const ByteQuantum& quantum) {
        return (quantum.is_signed ? static_cast<std::int8_t>(byte) : byte) - quantum.zero;
    };
    for (std::int64_t i = 0; i < count; ++i) {
        const double value = number(a[i], sum.a) * static_cast<double>(sum.scale_a) +
                             number(b[i], sum.b) * static_cast<double>(sum.scale_b);
        const double bounded =
            std::clamp(value, static_cast<double>(finish.low), static_cast<double>(finish.high));
        const auto q = static_cast<std::int32_t>(std::nearbyint(bounded)) + finish.y.zero;
        y[i] = static_cast<std::uint8_t>(std::clamp(q, finish.y.least(), finish.y.most()));
    }
}

}  // namespace espalier::kernels
