// InstanceNormalization (Ulyanov et al. 2016): each channel of each image to mean 0 and variance 1, then
// scaled.
#include "graph/computation/moments.h"
#include "graph/coupling/coupling.h"
#include "graph/coupling/over_rest.h"
#include "graph/walk.h"

namespace espalier::ops_::instance_normalization_ {
namespace {

constexpr ParameterRole kRoles[] = {{1, 2, "normalisation"}};

void infer(InferContext& context) {
    context.require_one_dtype();
    context.require_float(0);
    const Dims& x = context.input(0).dims;
    if (x.size() < 3) context.fail("input of shape " + to_string(x) + ", expected N x C x H x W");
    for (const std::size_t i : {1U, 2U}) {
        context.require_rank(i, 1, i == 1 ? "scale" : "bias");
        context.unify(x[1], context.input(i).dims[0], i == 1 ? "scale" : "bias");
    }
    infer_same(context);
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const auto each = static_cast<std::size_t>(product_of(x, 2, x.size()));
    const double epsilon = e.node().attribute_float("epsilon", 1e-5F);
    e.floats(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        T* y = e.result<T>();
        for (std::int64_t i = 0; i < x[0] * x[1]; ++i) {
            const auto c = static_cast<std::size_t>(i % x[1]);
            const auto image = e.input(0).as<T>().subspan(static_cast<std::size_t>(i) * each, each);
            const Moments moments = Moments::of<T>(image, epsilon);
            for (const T value : image)
                *y++ = static_cast<T>(moments.normal(value) * static_cast<double>(e.data<T>(1)[c]) +
                                      static_cast<double>(e.data<T>(2)[c]));
        }
    });
}

void over_rest(RestWriter& writer) {
    std::vector<std::int64_t> axes;
    for (std::int64_t axis = 2; axis < writer.rank(); ++axis) axes.push_back(axis);
    const std::string y = writer.scaled(writer.normalised(axes));
    writer.finish(writer.add("Mul", {y, writer.mask()}));
}

void couple(Coupling& coupling) {
    coupling.same({in(0, 0), out(0, 0)});
    coupling.same({in(0, 1), out(0, 1), in(1, 0), in(2, 0)});
    // Where a group normalisation is exported as one of instances, channels of a group lie along these axes.
    for (std::size_t axis = 2; axis < coupling.output().size(); ++axis)
        coupling.over_rest({in(0, axis), out(0, axis)}, over_rest);
}

}  // namespace

extern const Operator instance_normalization{.name = "InstanceNormalization",
                                             .summary = "each channel of each image to mean 0 and variance 1",
                                             .min_inputs = 3,
                                             .max_inputs = 3,
                                             .infer = infer,
                                             .evaluate = evaluate,
                                             .roles = kRoles,
                                             .couple = couple};

}  // namespace espalier::ops_::instance_normalization_
