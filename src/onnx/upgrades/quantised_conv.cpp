// QLinearConv is a Conv between DequantizeLinear and QuantizeLinear:
//   y = quantised(conv(dequantised x, dequantised w) + dequantised b), the scale of b being those of x and w.
// So weights, cuts and the runtime's 8-bit layers know one form.
#include "onnx/expansion/expansion.h"
#include "onnx/schema.h"

namespace espalier::onnx::upgrades_::quantised_conv_ {
namespace {

constexpr std::string_view kOps[] = {"QLinearConv"};

/// The product of the scales of x and w.
std::string scale_of_bias(Expansion& e) {
    const Tensor* x = e.rewriter().constant(e.node(), 1);
    const Tensor* w = e.rewriter().constant(e.node(), 4);
    if (x == nullptr || w == nullptr || x->count() != 1 || x->dtype() != DType::f32 ||
        w->dtype() != DType::f32)
        return e.add("Mul", {e.input(4), e.input(1)});
    Tensor scale = *w;
    for (float& value : scale.f32()) value *= x->f32()[0];
    return e.constant(std::move(scale));
}

void rewrite(Rewriter& to, Node node) {
    Expansion e(to, node);
    const std::string x = e.dequantised(0, 1);
    const std::string w = e.dequantised(3, 4, 0);
    Inputs inputs = {x, w};
    if (e.has_input(8)) {
        const Dims& scales = e.dims(4);
        const bool each = !scales.empty() && !(scales[0] == Dim(1));
        const std::string scale = scale_of_bias(e);
        inputs.push_back(e.add("DequantizeLinear", {e.input(8), scale},
                               each ? Attributes{{"axis", std::int64_t{0}}} : Attributes{}));
    }
    const std::string y = e.add("Conv", inputs, node.attributes);
    e.finish_quantised(y, 6);
}

}  // namespace

extern const Upgrade quantised_conv{
    .name = "quantised_conv",
    .summary = "QLinearConv: Conv between DequantizeLinear and QuantizeLinear",
    .ops = kOps,
    .first = 10,
    .last = kNewestOpset,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::quantised_conv_
