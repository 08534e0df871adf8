// Gemm before opset 7: `broadcast` said whether C is repeated, which its shape tells now.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::gemm_broadcast_ {
namespace {

constexpr std::string_view kOps[] = {"Gemm"};

void rewrite(Rewriter& to, Node node) {
    node.attributes.erase("broadcast");
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade gemm_broadcast{.name = "gemm_broadcast",
                                    .summary = "Gemm: attribute broadcast is dropped",
                                    .ops = kOps,
                                    .first = 1,
                                    .last = 6,
                                    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::gemm_broadcast_
