// Selu before opset 6 had other constants where none were given.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::selu_constants_ {
namespace {

constexpr std::string_view kOps[] = {"Selu"};

void rewrite(Rewriter& to, Node node) {
    node.attributes.try_emplace("alpha", 1.6732F);
    node.attributes.try_emplace("gamma", 1.0507F);
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade selu_constants{.name = "selu_constants",
                                    .summary = "Selu: the older constants are written down",
                                    .ops = kOps,
                                    .first = 1,
                                    .last = 1,
                                    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::selu_constants_
