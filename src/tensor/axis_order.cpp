#include "tensor/axis_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "espalier/error.h"

namespace espalier {
namespace {

/// What lies along one axis, as pieces of bytes.
struct Pieces {
    std::int64_t outer = 1;  // times that the axis is gone along
    std::int64_t bytes = 1;  // of one index of it, each time
};

Pieces pieces_of(const Tensor& tensor, std::size_t axis) {
    const Shape& shape = tensor.shape();
    Pieces pieces{.outer = 1, .bytes = static_cast<std::int64_t>(size_of(tensor.dtype()))};
    for (std::size_t i = 0; i < shape.size(); ++i)
        (i < axis ? pieces.outer : pieces.bytes) *= i == axis ? 1 : shape[i];
    return pieces;
}

void reorder_axis(Tensor& tensor, const std::string& name, std::size_t axis,
                  const std::vector<std::int64_t>& order) {
    if (axis >= tensor.rank() || tensor.shape()[axis] != std::ssize(order))
        throw BadData(fmt::format("an order of {} for axis {} of \"{}\", which is {}", order.size(), axis,
                                  name, to_string(tensor.shape())));
    const Pieces pieces = pieces_of(tensor, axis);
    const Tensor from = tensor;
    auto to = tensor.bytes().begin();
    for (std::int64_t o = 0; o < pieces.outer; ++o) {
        for (const std::int64_t index : order) {
            const std::int64_t at = (o * std::ssize(order) + index) * pieces.bytes;
            to = std::copy_n(from.bytes().begin() + at, pieces.bytes, to);
        }
    }
}

bool is_permutation(std::vector<std::int64_t> order) {
    std::ranges::sort(order);
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (order[i] != static_cast<std::int64_t>(i)) return false;
    }
    return true;
}

}  // namespace

void reorder(NamedTensors& tensors, const AxisOrders& orders) {
    for (auto& [name, tensor] : tensors) {
        const auto found = orders.find(name);
        if (found == orders.end()) continue;
        for (const auto& [axis, order] : found->second) reorder_axis(tensor, name, axis, order);
    }
}

NamedTensors to_tensors(const AxisOrders& orders) {
    NamedTensors tensors;
    for (const auto& [name, axes] : orders) {
        for (const auto& [axis, order] : axes)
            tensors.emplace(fmt::format("{}:{}", axis, name),
                            Tensor::of<std::int64_t>({std::ssize(order)}, order));
    }
    return tensors;
}

AxisOrders orders_from(const NamedTensors& tensors) {
    AxisOrders orders;
    for (const auto& [key, tensor] : tensors) {
        std::size_t axis = 0;
        const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), axis);
        const auto digits = static_cast<std::size_t>(end - key.data());
        if (error != std::errc() || digits >= key.size() || key[digits] != ':' ||
            tensor.dtype() != DType::i64)
            throw BadData(fmt::format("\"{}\", {} {}, is no order of an axis", key, name_of(tensor.dtype()),
                                      to_string(tensor.shape())));
        const auto values = tensor.as<std::int64_t>();
        std::vector<std::int64_t> order(values.begin(), values.end());
        if (!is_permutation(order)) throw BadData(fmt::format("\"{}\" is no permutation", key));
        orders[key.substr(digits + 1)][axis] = std::move(order);
    }
    return orders;
}

}  // namespace espalier
