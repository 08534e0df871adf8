#include "graph/coupling/narrowing.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"

namespace espalier {
namespace {

/// A tensor as blocks of bytes: outer x size x inner.
struct Blocks {
    Blocks(const Tensor& tensor, std::size_t axis) : size(tensor.shape()[axis]) {
        inner = static_cast<std::int64_t>(size_of(tensor.dtype()));
        for (std::size_t d = axis + 1; d < tensor.rank(); ++d) inner *= tensor.shape()[d];
        outer = tensor.count() == 0 ? 0 : std::ssize(tensor.bytes()) / (size * inner);
    }
    std::int64_t outer = 0, size = 0, inner = 0;
};

void require(const std::string& name, const Tensor& tensor, std::size_t axis, std::int64_t size) {
    if (axis < tensor.rank() && tensor.shape()[axis] == size) return;
    throw InvalidArgument(fmt::format("\"{}\" has shape {}, expected {} along dimension {}", name,
                                      to_string(tensor.shape()), size, axis));
}

Tensor taken(const Tensor& tensor, const Narrowing::Cut& cut) {
    Shape shape = tensor.shape();
    shape[cut.axis] = std::ssize(cut.kept);
    Tensor result(tensor.dtype(), shape);
    const Blocks blocks(tensor, cut.axis);
    auto to = result.bytes().begin();
    for (std::int64_t i = 0; i < blocks.outer; ++i) {
        for (const std::int64_t index : cut.kept)
            to = std::copy_n(tensor.bytes().begin() + (i * blocks.size + index) * blocks.inner, blocks.inner,
                             to);
    }
    return result;
}

Tensor put_back(const Tensor& tensor, const Narrowing::Cut& cut) {
    Shape shape = tensor.shape();
    shape[cut.axis] = cut.size;
    Tensor result(tensor.dtype(), shape);
    const Blocks blocks(tensor, cut.axis);
    auto from = tensor.bytes().begin();
    for (std::int64_t i = 0; i < blocks.outer; ++i) {
        for (const std::int64_t index : cut.kept) {
            std::copy_n(from, blocks.inner, result.bytes().begin() + (i * cut.size + index) * blocks.inner);
            from += blocks.inner;
        }
    }
    return result;
}

}  // namespace

Tensor Narrowing::narrow(const std::string& name, Tensor tensor) const {
    const auto cuts = cuts_.find(name);
    if (cuts == cuts_.end()) return tensor;
    for (const Cut& cut : cuts->second) {
        require(name, tensor, cut.axis, cut.size);
        tensor = taken(tensor, cut);
    }
    return tensor;
}

Tensor Narrowing::widen(const std::string& name, Tensor tensor) const {
    const auto cuts = cuts_.find(name);
    if (cuts == cuts_.end()) return tensor;
    for (const Cut& cut : cuts->second) {
        require(name, tensor, cut.axis, std::ssize(cut.kept));
        tensor = put_back(tensor, cut);
    }
    return tensor;
}

NamedTensors Narrowing::narrow(NamedTensors tensors) const {
    for (auto& [name, tensor] : tensors) tensor = narrow(name, std::move(tensor));
    return tensors;
}

NamedTensors Narrowing::widen(NamedTensors tensors) const {
    for (auto& [name, tensor] : tensors) tensor = widen(name, std::move(tensor));
    return tensors;
}

}  // namespace espalier
