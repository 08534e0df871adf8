#include "graph/op.h"

#include <fmt/format.h>

#include <algorithm>

namespace espalier {

void InferContext::fail(const std::string& message) const {
    throw InvalidModel(fmt::format("{}: {}", describe(node_), message));
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
