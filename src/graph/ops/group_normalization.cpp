// GroupNormalization (Wu & He 2018; opset 21): the channels of each image in `num_groups` groups, each to
// mean 0 and variance 1, then each channel scaled.
#include <fmt/format.h>

#include "graph/computation/moments.h"
#include "graph/coupling/coupling.h"
#include "graph/coupling/over_rest.h"
#include "graph/walk.h"

namespace espalier::ops_::group_normalization_ {
namespace {

constexpr ParameterRole kRoles[] = {{1, 2, "normalisation"}};

void infer(InferContext& context) {
    context.require_one_dtype();
    context.require_float(0);
    const Dims& x = context.input(0).dims;
    if (x.size() < 2) context.fail("input of shape " + to_string(x) + ", expected N x C x H x W");
    const std::int64_t groups = context.node().attribute_int("num_groups", 0);
    if (groups < 1 || (x[1].is_fixed() && x[1].size() % groups != 0))
        context.fail(fmt::format("num_groups={} does not divide {} channels", groups, to_string(Dims{x[1]})));
    for (const std::size_t i : {1U, 2U}) {
        context.require_rank(i, 1, i == 1 ? "scale" : "bias");
        context.unify(x[1], context.input(i).dims[0], i == 1 ? "scale" : "bias");
    }
    infer_same(context);
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const std::int64_t groups = e.node().attribute_int("num_groups", 1);
    const std::int64_t image = product_of(x, 2, x.size());
    const std::int64_t channels = x[1] / groups;
    const auto each = static_cast<std::size_t>(image * channels);
    const double epsilon = e.node().attribute_float("epsilon", 1e-5F);
    e.floats(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        T* y = e.result<T>();
        for (std::int64_t i = 0; i < x[0] * groups; ++i) {
            const auto group = e.input(0).as<T>().subspan(static_cast<std::size_t>(i) * each, each);
            const Moments moments = Moments::of<T>(group, epsilon);
            for (std::size_t k = 0; k < each; ++k) {
                const std::int64_t c = i % groups * channels + static_cast<std::int64_t>(k) / image;
                *y++ = static_cast<T>(moments.normal(group[k]) * static_cast<double>(e.data<T>(1)[c]) +
                                      static_cast<double>(e.data<T>(2)[c]));
            }
        }
    });
}

void over_rest(RestWriter& writer) {
    const Shape& x = writer.shape();
    const std::int64_t groups = writer.node().attribute_int("num_groups", 1);
    const Shape split = {x[0], groups, x[1] / groups, product_of(x, 2, x.size())};
    const std::string y = writer.add("Reshape", {writer.normalised({2, 3}, split), writer.integers(x)});
    writer.finish(writer.add("Mul", {writer.scaled(y), writer.mask()}));
}

/// The same channel of every group, as num_groups stays.
void couple(Coupling& coupling) {
    const std::int64_t each = coupling.input(0)[1] / coupling.node().attribute_int("num_groups", 1);
    const auto in_group = [each](std::int64_t channel) { return channel % each; };
    coupling.same({in(0, 0), out(0, 0)});
    coupling.over_rest_by(
        {{in(0, 1), in_group}, {out(0, 1), in_group}, {in(1, 0), in_group}, {in(2, 0), in_group}}, over_rest);
}

}  // namespace

extern const Operator group_normalization{.name = "GroupNormalization",
                                          .summary = "groups of channels to mean 0 and variance 1",
                                          .min_inputs = 3,
                                          .max_inputs = 3,
                                          .infer = infer,
                                          .evaluate = evaluate,
                                          .roles = kRoles,
                                          .couple = couple};

}  // namespace espalier::ops_::group_normalization_
