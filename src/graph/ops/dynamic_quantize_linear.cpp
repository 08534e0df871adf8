// DynamicQuantizeLinear: u8 of the range that the input has, 0 included:
// scale = (max - min) / 255, zero point = round(-min / scale), q = saturate(round(x / scale) + zero point).
// An input of zeros alone has scale 1, as in ONNX Runtime.
#include <algorithm>

#include "graph/computation/quantisation.h"
#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"

namespace espalier::ops_::dynamic_quantize_linear_ {
namespace {

void infer(InferContext& context) {
    if (context.input(0).dtype != DType::f32)
        context.fail("input 0 holds " + std::string(name_of(context.input(0).dtype)) + ", expected f32");
    context.set_output(0, {DType::u8, context.input(0).dims});
    context.set_output(1, {DType::f32, {}});
    context.set_output(2, {DType::u8, {}});
}

void evaluate(Evaluation& e) {
    const auto x = e.input(0).f32();
    float least = 0;
    float most = 0;
    for (const float value : x) {
        least = std::min(least, value);
        most = std::max(most, value);
    }
    const float scale = least == most ? 1.0F : (most - least) / 255.0F;
    const auto zero = quantised<std::uint8_t>(-least / scale, 0);
    auto* y = e.result<std::uint8_t>(0);
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = quantised<std::uint8_t>(x[i] / scale, zero);
    e.result<float>(1)[0] = scale;
    e.result<std::uint8_t>(2)[0] = zero;
}

void couple(Coupling& coupling) {
    for (std::size_t i = 0; i < coupling.input(0).size(); ++i) coupling.same({in(0, i), out(0, i)});
}

/// One scale for all of them.
bool keeps_examples(const Coupling&, const std::set<std::size_t>&) { return false; }

}  // namespace

extern const Operator dynamic_quantize_linear{.name = "DynamicQuantizeLinear",
                                              .summary = "u8 of the range that the numbers have",
                                              .outputs = 3,
                                              .infer = infer,
                                              .evaluate = evaluate,
                                              .couple = couple,
                                              .keeps_examples = keeps_examples};

}  // namespace espalier::ops_::dynamic_quantize_linear_
