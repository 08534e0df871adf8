// ONNX Runtime's operators of quantised values: the operator itself between DequantizeLinear and
// QuantizeLinear.
#include "onnx/expansion/expansion.h"

namespace espalier::onnx::upgrades_::quantised_elements_ {
namespace {

constexpr std::string_view kOps[] = {
    "QLinearAdd",    "QLinearMul",   "QLinearLeakyRelu",   "QLinearSigmoid",           "QLinearSoftmax",
    "QLinearConcat", "QLinearWhere", "QLinearAveragePool", "QLinearGlobalAveragePool", "QLinearReduceMean"};

/// Output scale and zero point are inputs 0 and 1, then come three for each operand.
void rewrite_concat(Expansion& e) {
    e.only({"axis"});
    Inputs operands;
    for (std::size_t i = 2; i + 2 < e.node().inputs.size(); i += 3)
        operands.push_back(e.dequantised(i, i + 1));
    e.finish_quantised(e.add("Concat", operands, e.node().attributes), 0);
}

/// With channels_last = 1, images lie as [N, H, W, C].
void rewrite_pool(Expansion& e, const std::string& op) {
    Attributes attributes = e.node().attributes;
    const bool last = e.node().attribute_int("channels_last", 0) != 0;
    attributes.erase("channels_last");
    const auto turn = [&](const std::string& x, std::vector<std::int64_t> order) {
        return last ? e.add("Transpose", {x}, {{"perm", std::move(order)}}) : x;
    };
    if (last && e.dims(0).size() != 4) e.refuse("images that have not 4 dimensions");
    const std::string pooled = e.add(op, {turn(e.dequantised(0, 1), {0, 3, 1, 2})}, attributes);
    e.finish_quantised(turn(pooled, {0, 2, 3, 1}), 3);
}

void rewrite(Rewriter& to, Node node) {
    Expansion e(to, node);
    const std::string plain = node.op.substr(std::string_view("QLinear").size());
    if (plain == "Concat") {
        rewrite_concat(e);
    } else if (plain == "AveragePool" || plain == "GlobalAveragePool") {
        rewrite_pool(e, plain);
    } else if (plain == "Add" || plain == "Mul") {
        e.finish_quantised(e.add(plain, {e.dequantised(0, 1), e.dequantised(3, 4)}), 6);
    } else if (plain == "Where") {
        e.finish_quantised(e.add(plain, {e.input(0), e.dequantised(1, 2), e.dequantised(4, 5)}), 7);
    } else {
        Attributes attributes = node.attributes;
        if (plain == "Softmax" && node.attribute_int("opset", 13) < 13) e.refuse("opset below 13");
        attributes.erase("opset");
        e.finish_quantised(e.add(plain, {e.dequantised(0, 1)}, attributes), 3);
    }
}

}  // namespace

extern const Upgrade quantised_elements{
    .name = "quantised_elements",
    .summary = "QLinearAdd, QLinearConcat, ...: the operator between DequantizeLinear and QuantizeLinear",
    .ops = kOps,
    .domain = kMicrosoft,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::quantised_elements_
