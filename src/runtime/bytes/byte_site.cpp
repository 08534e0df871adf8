#include "runtime/bytes/byte_site.h"

#include <limits>

#include "tensor/convert.h"

namespace espalier::runtime {

std::optional<std::size_t> operand_at(const Node& node, std::size_t index) {
    if (index >= node.inputs.size() || node.inputs[index].empty()) return {};
    std::size_t operand = 0;
    for (std::size_t i = 0; i < index; ++i) operand += node.inputs[i].empty() ? 0 : 1;
    return operand;
}

const Tensor* constant_at(const LoweringContext& site, std::size_t index) {
    const auto operand = operand_at(site.node, index);
    return operand ? site.operands[*operand].constant : nullptr;
}

Quantum quantum_at(const LoweringContext& site, std::size_t scale, DType dtype) {
    Quantum quantum{.scale = constant_at(site, scale)->f32()[0], .bytes = {.is_signed = dtype == DType::i8}};
    if (const Tensor* zero = constant_at(site, scale + 1); zero != nullptr)
        quantum.bytes.zero = integers_of(zero, 1)[0];
    return quantum;
}

std::vector<std::int32_t> integers_of(const Tensor* tensor, std::size_t count) {
    std::vector<std::int32_t> values(count, 0);
    if (tensor == nullptr) return values;
    const Tensor wide = converted(*tensor, DType::i32);
    const auto given = wide.as<std::int32_t>();
    for (std::size_t i = 0; i < count; ++i) values[i] = given[given.size() == 1 ? 0 : i];
    return values;
}

kernels::ByteFinish finish_of(const LoweringContext& site, const std::optional<Quantum>& y) {
    const float infinity = std::numeric_limits<float>::infinity();
    kernels::ByteFinish finish{.low = -infinity, .high = infinity, .bytes = y.has_value()};
    if (!y) return finish;
    finish.y = y->bytes;
    finish.low = site.node.attribute_float("low", -infinity) / y->scale;
    finish.high = site.node.attribute_float("high", infinity) / y->scale;
    return finish;
}

}  // namespace espalier::runtime
