// ReduceMean (opset 13): the mean over `axes` (default all), which stay as 1 unless keepdims = 0.
#include <set>

#include "graph/op.h"

namespace espalier::ops_ {
namespace {

void infer(InferContext& context) {
    const Dims& x = context.input(0).dims;
    std::set<std::size_t> axes;
    for (const std::int64_t axis : context.node().attribute_ints("axes", {})) {
        if (!axes.insert(context.axis(axis, x.size())).second)
            context.fail("axis " + std::to_string(axis) + " is named twice in axes");
    }
    const bool keep = context.node().attribute_int("keepdims", 1) != 0;
    const bool all = !context.node().attributes.contains("axes");
    Dims out;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const bool reduced = all || axes.contains(i);
        if (!reduced) out.push_back(x[i]);
        if (reduced && keep) out.emplace_back(1);
    }
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

}  // namespace

extern const Operator reduce_mean{.name = "ReduceMean", .summary = "mean over dimensions", .infer = infer};

}  // namespace espalier::ops_
