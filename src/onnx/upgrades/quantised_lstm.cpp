// ONNX Runtime's DynamicQuantizeLSTM is an LSTM whose weights are kept as integers, and turned: W [D, I, 4
// H], R [D, H, 4 H], with one scale a direction, or one for each of the 4 H. Here they are real numbers
// behind a DequantizeLinear; inputs and states are not rounded to 8 bits, as that operator does.
#include "onnx/expansion/expansion.h"

namespace espalier::onnx::upgrades_::quantised_lstm_ {
namespace {

constexpr std::string_view kOps[] = {"DynamicQuantizeLSTM"};

/// [D, 4 H, I], real.
std::string weights(Expansion& e, std::size_t index, std::size_t scale) {
    const std::size_t rank = e.dims(scale).size();
    if (rank == 0 || rank > 2 || (rank == 2 && !(e.dims(scale)[0] == Dim(1))))
        e.refuse("scales of " + to_string(e.dims(scale)));
    std::string factor = e.input(scale);
    std::string zero = e.input(scale + 1);
    if (rank == 2) {
        factor = e.add("Squeeze", {factor, e.ints({0})});
        if (!zero.empty()) zero = e.add("Squeeze", {zero, e.ints({0})});
    }
    Inputs inputs = {e.input(index), factor};
    if (!zero.empty()) inputs.push_back(zero);
    const std::string real = e.add("DequantizeLinear", inputs, {{"axis", std::int64_t{rank == 2 ? 2 : 0}}});
    return e.add("Transpose", {real}, {{"perm", std::vector<std::int64_t>{0, 2, 1}}});
}

void rewrite(Rewriter& to, Node node) {
    const Node given = node;
    Expansion e(to, given);
    if (node.inputs.size() < 12) e.refuse("fewer than 12 inputs");
    node.inputs[1] = weights(e, 1, 8);
    node.inputs[2] = weights(e, 2, 10);
    node.inputs.resize(8);
    while (node.inputs.back().empty()) node.inputs.pop_back();
    node.op = "LSTM";
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade quantised_lstm{
    .name = "quantised_lstm",
    .summary = "DynamicQuantizeLSTM: LSTM with weights behind DequantizeLinear",
    .ops = kOps,
    .domain = kMicrosoft,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::quantised_lstm_
