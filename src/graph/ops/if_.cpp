// If: the outputs of one of two bodies, which the runtime executes (runtime/sections).
#include "graph/op.h"

namespace espalier::ops_::if_ {
namespace {

/// What both are: dimensions that differ are unknown, and the type has no rank where their number differs.
ValueType common(const InferContext& context, const ValueType& a, const ValueType& b, std::size_t index) {
    if (a.dtype != b.dtype) {
        context.fail("output " + std::to_string(index) + " is " + std::string(name_of(a.dtype)) +
                     " in one branch and " + std::string(name_of(b.dtype)) + " in the other");
    }
    ValueType out = a;
    out.is_ranked = a.is_ranked && b.is_ranked && a.dims.size() == b.dims.size();
    if (!out.is_ranked) return out;
    for (std::size_t i = 0; i < a.dims.size(); ++i) {
        if (!(a.dims[i] == b.dims[i])) out.dims[i] = Dim();
    }
    return out;
}

void infer(InferContext& context) {
    if (context.input(0).dtype != DType::boolean)
        context.fail("the condition is " + std::string(name_of(context.input(0).dtype)) + ", expected bool");
    if (const Tensor* condition = context.constant(0); condition != nullptr && condition->count() == 1) {
        const auto taken =
            context.body_outputs(condition->bytes()[0] != std::byte{0} ? "then_branch" : "else_branch");
        if (taken.size() != context.node().outputs.size())
            context.fail("the branch that is taken gives " + std::to_string(taken.size()) + " outputs");
        for (std::size_t i = 0; i < taken.size(); ++i) context.set_output(i, taken[i]);
        return;
    }
    const auto yes = context.body_outputs("then_branch");
    const auto no = context.body_outputs("else_branch");
    const std::size_t outputs = context.node().outputs.size();
    if (yes.size() != outputs || no.size() != outputs) {
        context.fail(std::to_string(outputs) + " outputs, but the branches give " +
                     std::to_string(yes.size()) + " and " + std::to_string(no.size()));
    }
    for (std::size_t i = 0; i < outputs; ++i) context.set_output(i, common(context, yes[i], no[i], i));
}

}  // namespace

extern const Operator if_{
    .name = "If", .summary = "one of two bodies", .outputs = kAnyNumber, .infer = infer};

}  // namespace espalier::ops_::if_
