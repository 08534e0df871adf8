#include "graph/op.h"

#include <fmt/format.h>

#include <algorithm>

#include "tensor/convert.h"

namespace espalier {
namespace {

std::vector<std::int64_t> integers_of(const Tensor& tensor) {
    if (tensor.dtype() == DType::i32) {
        const auto values = tensor.as<std::int32_t>();
        return {values.begin(), values.end()};
    }
    const auto values = tensor.as<std::int64_t>();
    return {values.begin(), values.end()};
}

}  // namespace

bool InferContext::is_ranked() const {
    return std::ranges::all_of(
        inputs_, [](const Input& input) { return input.type == nullptr || input.type->is_ranked; });
}

void InferContext::fail(const std::string& message) const {
    throw InvalidModel(fmt::format("{}: {}", describe(node_), message));
}

void InferContext::refuse(const std::string& message) const {
    throw Unsupported(fmt::format("{}: {}", describe(node_), message));
}

std::size_t InferContext::axis(std::int64_t axis, std::size_t rank) const {
    const auto count = static_cast<std::int64_t>(rank);
    if (axis < -count || axis >= count)
        fail(fmt::format("axis={} of a value with {} dimensions", axis, count));
    return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
}

std::vector<bool> InferContext::axes(std::span<const std::int64_t> axes, std::size_t rank) const {
    std::vector<bool> named(rank, false);
    for (const std::int64_t given : axes) {
        const std::size_t at = axis(given, rank);
        if (named[at]) fail(fmt::format("axis {} is named twice in axes", given));
        named[at] = true;
    }
    return named;
}

std::optional<std::vector<std::int64_t>> InferContext::constant_ints(std::size_t index) const {
    const DType dtype = input(index).dtype;
    if (dtype != DType::i64 && dtype != DType::i32)
        fail(fmt::format("input {} holds {}, expected i64", index, name_of(dtype)));
    if (inputs_[index].tensor == nullptr) return {};
    return integers_of(*inputs_[index].tensor);
}

std::optional<std::int64_t> InferContext::constant_int(std::size_t index) const {
    const auto values = constant_ints(index);
    if (!values) return {};
    if (values->size() != 1)
        fail(fmt::format("input {} holds {} numbers, expected one", index, values->size()));
    return values->front();
}

std::optional<Elements> InferContext::elements(std::size_t index) const {
    const auto numbers = constant_ints(index);
    if (!numbers) {
        if (inputs_[index].elements == nullptr) return {};
        return *inputs_[index].elements;
    }
    Elements elements;
    for (const std::int64_t number : *numbers) elements.push_back({.number = number});
    return elements;
}

Dim InferContext::unify(const Dim& a, const Dim& b, const char* what) const {
    if (a.is_fixed() && b.is_fixed() && a.size() != b.size()) {
        fail(fmt::format("{}: got {} where {} is expected", what, b.size(), a.size()));
    }
    if (a.is_fixed()) return a;
    if (b.is_fixed()) return b;
    return a.is_symbol() ? a : b;
}

void InferContext::require_one_dtype() const {
    for (std::size_t i = 1; i < inputs_.size(); ++i) {
        if (!has_input(i) || input(i).dtype == input(0).dtype) continue;
        fail(fmt::format("input {} holds {}, but input 0 holds {}", i, name_of(input(i).dtype),
                         name_of(input(0).dtype)));
    }
}

void InferContext::fail_dtype(std::size_t index, const char* expected) const {
    fail(fmt::format("input {} holds {}, expected {}", index, name_of(input(index).dtype), expected));
}

void InferContext::require_float(std::size_t index) const {
    if (!is_float(input(index).dtype)) fail_dtype(index, "floating point");
}

void InferContext::require_integer(std::size_t index) const {
    const DType dtype = input(index).dtype;
    if (dtype != DType::i64 && dtype != DType::i32) fail_dtype(index, "i64 or i32");
}

void InferContext::require_boolean(std::size_t index) const {
    if (input(index).dtype != DType::boolean) fail_dtype(index, "bool");
}

void InferContext::require_rank(std::size_t index, std::size_t rank, const char* what) const {
    const Dims& dims = input(index).dims;
    if (dims.size() == rank) return;
    fail(fmt::format("{} has shape {}, expected {}", what, to_string(dims),
                     rank == 0   ? "a scalar"
                     : rank == 1 ? "1 dimension"
                                 : fmt::format("{} dimensions", rank)));
}

void infer_same(InferContext& context) { context.set_output(0, context.input(0)); }

void infer_same_float(InferContext& context) {
    context.require_float(0);
    infer_same(context);
}

void infer_broadcast(InferContext& context) {
    context.require_one_dtype();
    context.set_output(0, {context.input(0).dtype, broadcast_all(context)});
}

void infer_broadcast_float(InferContext& context) {
    context.require_float(0);
    infer_broadcast(context);
}

Dims broadcast(const InferContext& context, const Dims& a, const Dims& b) {
    Dims out(std::max(a.size(), b.size()), Dim(1));
    for (std::size_t i = 0; i < out.size(); ++i) {  // from the last dimension to the first
        const Dim one(1);
        const Dim& x = i < a.size() ? a[a.size() - 1 - i] : one;
        const Dim& y = i < b.size() ? b[b.size() - 1 - i] : one;
        Dim& target = out[out.size() - 1 - i];
        if (x == one) {
            target = y;
        } else if (y == one) {
            target = x;
        } else {
            target = context.unify(x, y, "broadcast dimension");
        }
    }
    return out;
}

Dims broadcast_all(const InferContext& context) {
    Dims dims;
    for (std::size_t i = 0; i < context.input_count(); ++i) {
        if (context.has_input(i)) dims = broadcast(context, dims, context.input(i).dims);
    }
    return dims;
}

Dims given_dims(const InferContext& context, std::size_t index) {
    context.require_rank(index, 1, "the shape");
    const Dim& length = context.input(index).dims[0];
    const auto elements = context.elements(index);
    if (!elements && (!length.is_fixed() || length.size() > 64)) context.refuse("a shape of unknown length");
    Dims dims(elements ? elements->size() : static_cast<std::size_t>(length.size()));
    for (std::size_t i = 0; i < dims.size() && elements; ++i) {
        if ((*elements)[i].number < 0 && (*elements)[i].number)
            context.fail(fmt::format("a dimension of {}", *(*elements)[i].number));
        dims[i] = (*elements)[i].dim();
    }
    return dims;
}

Dim product(const InferContext& context, std::span<const Dim> dims) {
    Dim out(1);
    for (const Dim& dim : dims) {
        if (dim == Dim(1)) continue;
        if (out == Dim(1)) {
            out = dim;
        } else if (out.is_fixed() && dim.is_fixed()) {
            std::int64_t count = 0;
            if (__builtin_mul_overflow(out.size(), dim.size(), &count)) {
                context.fail("more elements than memory can hold");
            }
            out = Dim(count);
        } else {
            return {};
        }
    }
    return out;
}

Dim sum(const InferContext& context, const Dim& a, const Dim& b) {
    if (a == Dim(0)) return b;
    if (b == Dim(0)) return a;
    if (!a.is_fixed() || !b.is_fixed()) return {};
    std::int64_t total = 0;
    if (__builtin_add_overflow(a.size(), b.size(), &total))
        context.fail("more elements than memory can hold");
    return total;
}

}  // namespace espalier
