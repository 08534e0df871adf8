#include <algorithm>
#include <cmath>

#include "kernels/elementwise_i8/elementwise_i8.h"

namespace espalier::kernels {

namespace {

int number(std::uint8_t byte, const ByteQuantum& quantum) {
    return (quantum.is_signed ? static_cast<std::int8_t>(byte) : byte) - quantum.zero;
}

std::uint8_t finished(double value, const ByteFinish& finish) {
    const double bounded =
        std::clamp(value, static_cast<double>(finish.low), static_cast<double>(finish.high));
    const auto q = static_cast<std::int32_t>(std::nearbyint(bounded)) + finish.y.zero;
    return static_cast<std::uint8_t>(std::clamp(q, finish.y.least(), finish.y.most()));
}

}  // namespace

void sum_i8_reference(const std::uint8_t* a, const std::uint8_t* b, std::int64_t count, const ByteSum& sum,
                      const ByteFinish& finish, std::uint8_t* y) {
    for (std::int64_t i = 0; i < count; ++i) {
        y[i] = finished(number(a[i], sum.a) * static_cast<double>(sum.scale_a) +
                            number(b[i], sum.b) * static_cast<double>(sum.scale_b),
                        finish);
    }
}

void product_i8_reference(const std::uint8_t* a, const std::uint8_t* b, std::int64_t count,
                          const ByteProduct& product, const ByteFinish& finish, std::uint8_t* y) {
    for (std::int64_t i = 0; i < count; ++i) {
        const int both = number(a[i], product.a) * number(b[i], product.b);
        y[i] = finished(both * static_cast<double>(product.scale), finish);
    }
}

}  // namespace espalier::kernels
