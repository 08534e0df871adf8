#include "graph/op.h"

#include <fmt/format.h>

#include <algorithm>

namespace espalier {

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

std::optional<std::vector<std::int64_t>> InferContext::constant_ints(std::size_t index) const {
    if (input(index).dtype != DType::i64) {
        fail(fmt::format("input {} holds {}, expected i64", index, name_of(input(index).dtype)));
    }
    const auto found = constants_.find(node_.inputs[index]);
    if (found == constants_.end()) return {};
    const auto values = found->second.as<std::int64_t>();
    return std::vector<std::int64_t>(values.begin(), values.end());
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

void infer_same(InferContext& context) { context.set_output(0, context.input(0)); }

void infer_broadcast(InferContext& context) {
    context.require_one_dtype();
    context.set_output(
        0, {context.input(0).dtype, broadcast(context, context.input(0).dims, context.input(1).dims)});
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

}  // namespace espalier
