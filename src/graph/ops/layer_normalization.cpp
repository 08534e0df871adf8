// LayerNormalization (Ba et al. 2016; opset 17): y = scale * (x - mean) / sqrt(variance + epsilon) + bias,
// mean and variance of each example over the dimensions from `axis` (default the last) on.
#include "graph/op.h"

namespace espalier::ops_ {
namespace {

void infer(InferContext& context) {
    context.require_one_dtype();
    for (std::size_t i = 1; i < context.node().outputs.size(); ++i) {
        if (!context.node().outputs[i].empty())
            context.refuse("only the first output of LayerNormalization is supported");
    }
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
}

}  // namespace

extern const Operator layer_normalization{.name = "LayerNormalization",
                                          .summary = "each example to mean 0 and variance 1, then scaled",
                                          .min_inputs = 2,
                                          .max_inputs = 3,
                                          .outputs = 3,
                                          .infer = infer};

}  // namespace espalier::ops_
