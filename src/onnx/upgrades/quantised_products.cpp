// ONNX Runtime's products of quantised values: MatMulIntegerToFloat and DynamicQuantizeMatMul are a
// MatMulInteger with its scales behind it, QGemm a Gemm between DequantizeLinear and QuantizeLinear;
// QuantizeLinear and DequantizeLinear of its domain are ONNX's.
#include "onnx/expansion/expansion.h"
#include "onnx/proto/tensor_proto.h"

namespace espalier::onnx::upgrades_::quantised_products_ {
namespace {

constexpr std::string_view kOps[] = {"MatMulIntegerToFloat", "DynamicQuantizeMatMul", "QGemm",
                                     "QuantizeLinear", "DequantizeLinear"};

/// y = (a - zero a) (b - zero b) * scale a * scale b + bias.
void finish_product(Expansion& e, Inputs integers, const std::string& scale_a, const std::string& scale_b,
                    const std::string& bias) {
    while (integers.back().empty()) integers.pop_back();
    const std::string sum = e.add("MatMulInteger", std::move(integers));
    const std::string real =
        e.add("Cast", {sum}, {{"to", static_cast<std::int64_t>(to_data_type(DType::f32))}});
    const std::string scale = e.add("Mul", {scale_a, scale_b});
    if (bias.empty()) {
        e.finish("Mul", {real, scale});
    } else {
        e.finish("Add", {e.add("Mul", {real, scale}), bias});
    }
}

/// Inputs: x, b, scale of b, zero of b, bias.
void rewrite_dynamic(Expansion& e) {
    e.only({});
    Rewriter& to = e.rewriter();
    const std::string base = e.node().outputs.at(0);
    const std::string x = to.fresh(base + ".quantised");
    const std::string scale = to.fresh(base + ".scale");
    const std::string zero = to.fresh(base + ".zero");
    to.emit({.name = e.node().name.empty() ? "" : e.node().name + ".quantised",
             .op = "DynamicQuantizeLinear",
             .inputs = {e.input(0)},
             .outputs = {x, scale, zero},
             .attributes = {}});
    finish_product(e, {x, e.input(1), zero, e.input(3)}, scale, e.input(2), e.input(4));
}

/// Inputs: a, scale, zero, b, scale, zero, bias, scale of y, zero of y.
void rewrite_gemm(Expansion& e) {
    e.only({"transA", "transB", "alpha"});
    Attributes attributes = e.node().attributes;
    const bool turned = e.node().attribute_int("transB", 0) != 0;
    Inputs operands = {e.dequantised(0, 1), e.dequantised(3, 4, turned ? 0 : 1)};
    if (e.has_input(6)) {
        const std::string scale = e.add("Mul", {e.input(4), e.input(1)});
        const bool each = !e.dims(4).empty() && !(e.dims(4)[0] == Dim(1));
        operands.push_back(e.add("DequantizeLinear", {e.input(6), scale},
                                 each ? Attributes{{"axis", std::int64_t{0}}} : Attributes{}));
        if (e.node().attribute_float("alpha", 1) != 1) e.refuse("a bias and alpha");
    }
    if (e.has_input(7)) {
        e.finish_quantised(e.add("Gemm", operands, attributes), 7);
    } else {
        e.finish("Gemm", operands, attributes);
    }
}

void rewrite(Rewriter& to, Node node) {
    Expansion e(to, node);
    if (node.op == "MatMulIntegerToFloat") {
        // a, b, scale a, scale b, zero a, zero b, bias
        e.only({});
        finish_product(e, {e.input(0), e.input(1), e.input(4), e.input(5)}, e.input(2), e.input(3),
                       e.input(6));
    } else if (node.op == "DynamicQuantizeMatMul") {
        rewrite_dynamic(e);
    } else if (node.op == "QGemm") {
        rewrite_gemm(e);
    } else {
        e.finish(node.op, node.inputs, node.attributes);
    }
}

}  // namespace

extern const Upgrade quantised_products{
    .name = "quantised_products",
    .summary = "MatMulIntegerToFloat, DynamicQuantizeMatMul, QGemm of ONNX Runtime",
    .ops = kOps,
    .domain = kMicrosoft,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::quantised_products_
