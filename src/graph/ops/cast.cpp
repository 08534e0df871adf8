// Cast: the same numbers in another type.
#include <fmt/format.h>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"
#include "graph/onnx_dtype.h"
#include "tensor/convert.h"

namespace espalier::ops_::cast_ {
namespace {

void infer(InferContext& context) {
    const auto to = context.node().attribute_int("to", 0);
    const auto dtype = from_onnx_dtype(to);
    if (!dtype) context.refuse(fmt::format("to={}: elements of this type are not supported", to));
    context.set_output(0, {*dtype, context.input(0).dims});
}

void evaluate(Evaluation& e) { e.set_output(0, converted(e.input(0), e.output_type(0).dtype)); }

std::optional<Elements> trace(const InferContext& context) {
    const DType from = context.input(0).dtype;
    if (from != DType::i64 && from != DType::i32) return {};
    return context.elements(0);
}

}  // namespace

extern const Operator cast{.name = "Cast",
                           .summary = "the same numbers in another type",
                           .infer = infer,
                           .evaluate = evaluate,
                           .takes_halves = true,
                           .trace = trace,
                           .couple = couple_elements};

}  // namespace espalier::ops_::cast_
