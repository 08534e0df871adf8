// Reshape from opset 14 on: with allowzero a 0 in the shape is a dimension of 0, else the input's. Without a
// 0 both are the same.
#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"
#include "onnx/schema.h"
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::reshape_zeros_ {
namespace {

constexpr std::string_view kOps[] = {"Reshape"};

void rewrite(Rewriter& to, Node node) {
    if (node.attribute_int("allowzero", 0) != 0) {
        // Of one that is computed a 0 could only be that of an input without elements: what it copies is 0,
        // too.
        const bool known = to.constant(node, 1) != nullptr;
        if (known && std::ranges::count(*to.constant_ints(node, 1, "a shape"), 0) > 0)
            throw Unsupported(fmt::format("{}: Reshape to dimensions of 0 is not supported", describe(node)));
    }
    node.attributes.erase("allowzero");
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade reshape_zeros{.name = "reshape_zeros",
                                   .summary = "Reshape: allowzero is dropped where the shape has no 0",
                                   .ops = kOps,
                                   .first = 14,
                                   .last = kNewestOpset,
                                   .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::reshape_zeros_
