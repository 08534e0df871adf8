#include "graph/computation/quantisation.h"

#include <fmt/format.h>

#include "graph/walk.h"
#include "tensor/convert.h"

namespace espalier {
namespace {

constexpr std::int64_t kDefaultAxis = 1;

void check_values(const InferContext& context) {
    const Tensor* scale = context.constant(1);
    if (scale == nullptr) return;
    const Tensor wide = converted(*scale, DType::f32);
    for (const float value : wide.f32()) {
        if (std::isfinite(value) && value > 0) continue;
        context.fail(fmt::format("a scale is {}, expected a number above 0", value));
    }
}

void check_blocks(const InferContext& context, std::int64_t block) {
    const Dims& x = context.input(0).dims;
    const Dims& scale = context.input(1).dims;
    const std::size_t axis = context.axis_attribute(kDefaultAxis, x.size());
    if (scale.size() != x.size()) {
        context.fail(fmt::format("scales of shape {} for blocks of {}, expected as many dimensions",
                                 to_string(scale), to_string(x)));
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (i != axis) {
            context.unify(x[i], scale[i], "scales of blocks");
        } else if (x[i].is_fixed() && scale[i].is_fixed() &&
                   (scale[i].size() < 1 || (x[i].size() + block - 1) / block != scale[i].size())) {
            context.fail(fmt::format("block_size={} makes {} blocks of {} elements, got scales of shape {}",
                                     block, (x[i].size() + block - 1) / block, x[i].size(),
                                     to_string(scale)));
        }
    }
}

bool is_one(const Dims& dims) {
    return dims.empty() || (dims.size() == 1 && dims[0].is_fixed() && dims[0].size() == 1);
}

}  // namespace

ScaleSpread ScaleSpread::of(const Node& node, const Shape& x, const Shape& scale) {
    const std::int64_t block = node.attribute_int("block_size", 0);
    if (block == 0 && element_count(scale) == 1) return {};
    std::int64_t axis = node.attribute_int("axis", kDefaultAxis);
    if (axis < 0) axis += std::ssize(x);
    const auto at = static_cast<std::size_t>(axis);
    ScaleSpread spread{.inner = product_of(x, at + 1, x.size()), .axis = x[at], .scales = x[at]};
    if (block > 0) {
        spread.block = block;
        spread.scales = scale[at];
        spread.blocked = true;
    }
    return spread;
}

void check_scales(const InferContext& context, DType stored) {
    const Dims& scale = context.input(1).dims;
    if (context.has_input(2)) {
        if (context.input(2).dtype != stored) {
            context.fail(fmt::format("the zero point holds {}, expected {}", name_of(context.input(2).dtype),
                                     name_of(stored)));
        }
        const Dims& zero = context.input(2).dims;
        if (!(is_one(zero) && is_one(scale))) {
            if (zero.size() != scale.size()) {
                context.fail(fmt::format("zero points of shape {} for scales of shape {}", to_string(zero),
                                         to_string(scale)));
            }
            for (std::size_t i = 0; i < zero.size(); ++i) context.unify(scale[i], zero[i], "zero points");
        }
    }
    check_values(context);
    const std::int64_t block = context.node().attribute_int("block_size", 0);
    if (block < 0) context.fail(fmt::format("block_size={}, expected 0 or more", block));
    if (block > 0) {
        check_blocks(context, block);
    } else if (!is_one(scale)) {
        const Dims& x = context.input(0).dims;
        const std::size_t axis = context.axis_attribute(kDefaultAxis, x.size());
        context.require_rank(1, 1, "scales");
        context.unify(x[axis], scale[0], "scales of the axis");
    }
}

void couple_scales(Coupling& coupling) {
    const Shape& x = coupling.input(0);
    const bool blocked = coupling.node().attribute_int("block_size", 0) > 0;
    const bool each = !blocked && element_count(coupling.input(1)) > 1;
    std::int64_t axis = coupling.node().attribute_int("axis", kDefaultAxis);
    if (axis < 0) axis += std::ssize(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const bool scaled = static_cast<std::int64_t>(i) == axis;
        if (blocked && scaled) continue;  // mixed: blocks would not stay whole
        std::vector<OperandAxis> axes = {in(0, i), out(0, i)};
        if (blocked || (each && scaled)) {
            axes.push_back(in(1, blocked ? i : 0));
            axes.push_back(in(2, blocked ? i : 0));
        }
        coupling.same(axes);
    }
}

void check_one_or_each(const InferContext& context, std::size_t index, const Dim& dim, const char* what) {
    const Dims& dims = context.input(index).dims;
    if (is_one(dims)) return;
    if (dims.size() != 1) {
        context.fail(fmt::format("{} has shape {}, expected a scalar or 1 dimension", what, to_string(dims)));
    }
    context.unify(dim, dims[0], what);
}

void require_bytes(const InferContext& context, std::size_t index) {
    const DType dtype = context.input(index).dtype;
    if (dtype == DType::i8 || dtype == DType::u8) return;
    context.fail(fmt::format("input {} holds {}, expected i8 or u8", index, name_of(dtype)));
}

}  // namespace espalier
