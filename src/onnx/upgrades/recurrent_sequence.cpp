// LSTM, GRU and RNN before opset 7: output_sequence said whether the first output is given, which its name
// tells now.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::recurrent_sequence_ {
namespace {

constexpr std::string_view kOps[] = {"LSTM", "GRU", "RNN"};

void rewrite(Rewriter& to, Node node) {
    node.attributes.erase("output_sequence");
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade recurrent_sequence{.name = "recurrent_sequence",
                                        .summary = "LSTM, GRU, RNN: attribute output_sequence is dropped",
                                        .ops = kOps,
                                        .first = 1,
                                        .last = 3,
                                        .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::recurrent_sequence_
