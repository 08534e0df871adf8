// Dropout: outside of training the same value.
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_ {

namespace {

bool takes(const Node& node, const std::map<std::string, ValueType>&) {
    return node.inputs.size() < 3 || node.inputs[2].empty();  // is told whether it trains
}

}  // namespace

extern const Lowering dropout{.name = "Dropout", .summary = "the same value", .takes = takes, .view = true};

}  // namespace espalier::runtime::lowerings_
