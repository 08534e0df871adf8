// Flatten: [d_0, ..., d_(n-1)] -> [d_0 * ... * d_(axis-1), d_axis * ... * d_(n-1)], axis = 1 by default.
#include <fmt/format.h>

#include "graph/op.h"

namespace espalier::ops_ {
namespace {

/// The product, kept symbolic where a single symbol times ones stands: N x 1 is N.
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

void infer(InferContext& context) {
    const Dims& in = context.input(0).dims;
    const auto rank = static_cast<std::int64_t>(in.size());
    std::int64_t axis = context.node().attribute_int("axis", 1);
    if (axis < -rank || axis > rank)
        context.fail(fmt::format("axis={} of a value with {} dimensions", axis, rank));
    if (axis < 0) axis += rank;
    const std::span all(in);
    const auto split = static_cast<std::size_t>(axis);
    context.set_output(0, {context.input(0).dtype,
                           {product(context, all.first(split)), product(context, all.subspan(split))}});
}

}  // namespace

extern const Operator flatten{.name = "Flatten", .summary = "to a matrix", .infer = infer};

}  // namespace espalier::ops_
