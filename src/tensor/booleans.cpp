#include "tensor/booleans.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"

namespace espalier {

void check_booleans(const Tensor& tensor) {
    if (tensor.dtype() != DType::boolean) return;
    const auto bytes = tensor.bytes();
    const auto bad =
        std::find_if(bytes.begin(), bytes.end(), [](std::byte byte) { return byte > std::byte{1}; });
    if (bad == bytes.end()) return;
    throw BadData(fmt::format("element {} of a bool tensor is byte {}, expected 0 or 1", bad - bytes.begin(),
                              std::to_integer<int>(*bad)));
}

}  // namespace espalier
