// LayerNormalization (Ba et al. 2016; opset 17): y = scale * (x - mean) / sqrt(variance + epsilon) + bias,
// mean and variance of each example over the dimensions from `axis` (default the last) on.
#include <algorithm>

#include "graph/computation/moments.h"
#include "graph/coupling/coupling.h"
#include "graph/coupling/over_rest.h"
#include "graph/walk.h"

namespace espalier::ops_::layer_normalization_ {
namespace {

constexpr ParameterRole kRoles[] = {{1, 2, "normalisation"}};

void infer(InferContext& context) {
    context.require_one_dtype();
    context.node().attribute_float("epsilon", 1e-5F);  // throws on another type
    const Dims& x = context.input(0).dims;
    const std::size_t axis = context.axis(context.node().attribute_int("axis", -1), x.size());
    for (std::size_t i = 1; i < 3; ++i) {
        if (!context.has_input(i)) continue;
        const Dims& given = context.input(i).dims;
        const char* what = i == 1 ? "scale" : "bias";
        if (given.size() != x.size() - axis) {
            context.fail(std::string(what) + " has shape " + to_string(given) + ", expected that of the " +
                         std::to_string(x.size() - axis) + " normalised dimensions of " + to_string(x));
        }
        for (std::size_t k = 0; k < given.size(); ++k) context.unify(x[axis + k], given[k], what);
    }
    infer_same(context);
    Dims statistics = x;
    std::fill(statistics.begin() + static_cast<std::ptrdiff_t>(axis), statistics.end(), Dim(1));
    context.set_output(1, {DType::f32, statistics});
    context.set_output(2, {DType::f32, statistics});
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const std::size_t axis = e.axis(-1, x.size());
    const std::int64_t each = product_of(x, axis, x.size());
    const std::int64_t rows = product_of(x, 0, axis);
    const double epsilon = e.node().attribute_float("epsilon", 1e-5F);
    e.floats(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const Shape of(x.begin() + static_cast<std::ptrdiff_t>(axis), x.end());
        for (std::int64_t row = 0; row < rows; ++row) {
            const std::span<const T> from(e.data<T>(0) + row * each, static_cast<std::size_t>(each));
            const Moments moments = Moments::of(from, epsilon);
            T* y = e.result<T>() + row * each;
            const T* x_at = from.data();
            const Shape none(of.size(), 0);
            walk<2>(of,
                    {repeated_strides(e.input(1).shape(), of),
                     e.has_input(2) ? repeated_strides(e.input(2).shape(), of) : none},
                    [&](const auto& at) {
                        const double shift = e.has_input(2) ? static_cast<double>(e.data<T>(2)[at[1]]) : 0;
                        const auto scale = static_cast<double>(e.data<T>(1)[at[0]]);
                        *y++ = static_cast<T>(moments.normal(*x_at++) * scale + shift);
                    });
            e.result<float>(1)[row] = static_cast<float>(moments.mean);
            e.result<float>(2)[row] = static_cast<float>(moments.inverse_deviation);
        }
    });
}

/// scale * (x - mean) / sqrt(variance + epsilon) + bias over what is left, and zero elsewhere.
void over_rest(RestWriter& writer) {
    std::int64_t first = writer.node().attribute_int("axis", -1);
    if (first < 0) first += writer.rank();
    std::vector<std::int64_t> axes;
    for (; first < writer.rank(); ++first) axes.push_back(first);
    std::string y = writer.add("Mul", {writer.normalised(axes), writer.node().inputs[1]});
    if (writer.has_input(2)) y = writer.add("Add", {y, writer.node().inputs[2]});
    writer.finish(writer.add("Mul", {y, writer.mask()}));
}

/// What is normalised together is over what is left.
void couple(Coupling& coupling) {
    const auto rank = std::ssize(coupling.output());
    std::int64_t first = coupling.node().attribute_int("axis", -1);
    if (first < 0) first += rank;
    for (std::size_t axis = 0; axis < static_cast<std::size_t>(first); ++axis)
        coupling.same({in(0, axis), out(0, axis)});
    for (auto axis = static_cast<std::size_t>(first); axis < coupling.output().size(); ++axis) {
        const std::size_t own = axis - static_cast<std::size_t>(first);  // of scale and bias
        coupling.over_rest({in(0, axis), out(0, axis), in(1, own), in(2, own)}, over_rest);
    }
}

}  // namespace

extern const Operator layer_normalization{.name = "LayerNormalization",
                                          .summary = "each example to mean 0 and variance 1, then scaled",
                                          .min_inputs = 2,
                                          .max_inputs = 3,
                                          .outputs = 3,
                                          .infer = infer,
                                          .evaluate = evaluate,
                                          .roles = kRoles,
                                          .couple = couple};

}  // namespace espalier::ops_::layer_normalization_
