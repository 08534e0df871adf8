// If: the outputs of one of two bodies. Only read and written; nothing here executes bodies.
#include "graph/op.h"

namespace espalier::ops_::if_ {
namespace {

/// What both are: dimensions that differ are unknown.
ValueType common(const InferContext& context, const ValueType& a, const ValueType& b, std::size_t index) {
    if (a.dtype != b.dtype) {
        context.fail("output " + std::to_string(index) + " is " + std::string(name_of(a.dtype)) +
                     " in one branch and " + std::string(name_of(b.dtype)) + " in the other");
    }
    if (a.dims.size() != b.dims.size()) {
        context.refuse("output " + std::to_string(index) + " is " + to_string(a.dims) +
                       " in one branch and " + to_string(b.dims) +
                       " in the other, and the number of dimensions must not depend on a value");
    }
    ValueType out = a;
    for (std::size_t i = 0; i < a.dims.size(); ++i) {
        if (!(a.dims[i] == b.dims[i])) out.dims[i] = Dim();
    }
    return out;
}

void infer(InferContext& context) {
    if (context.input(0).dtype != DType::boolean)
        context.fail("the condition is " + std::string(name_of(context.input(0).dtype)) + ", expected bool");
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
