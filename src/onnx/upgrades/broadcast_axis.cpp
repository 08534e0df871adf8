// Arithmetic and comparisons before opset 7: with broadcast=1 the second operand is repeated along the first,
// its dimensions being the last ones or, with `axis`, those from there on. Then dimensions of 1 behind it
// make numpy's rule give the same.
#include <fmt/format.h>

#include "espalier/error.h"
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::broadcast_axis_ {
namespace {

constexpr std::string_view kOps[] = {"Add", "Sub", "Mul",   "Div",     "Pow", "And",
                                     "Or",  "Xor", "Equal", "Greater", "Less"};

void rewrite(Rewriter& to, Node node) {
    const bool repeats = node.attribute_int("broadcast", 0) != 0;
    const bool has_axis = node.attributes.contains("axis");
    const std::int64_t axis = node.attribute_int("axis", 0);
    node.attributes.erase("broadcast");
    node.attributes.erase("axis");
    const std::size_t a = to.input_type(node, 0).dims.size();
    const std::size_t b = to.input_type(node, 1).dims.size();
    if (repeats && has_axis && b > 0) {
        const std::size_t first = axis_from_front(node, axis, a);
        if (first + b > a) {
            throw InvalidModel(fmt::format("{}: axis={}, and its {} dimensions do not fit behind it in {}",
                                           describe(node), axis, b, a));
        }
        std::vector<std::int64_t> behind;
        for (std::size_t i = b; i < a - first; ++i) behind.push_back(static_cast<std::int64_t>(i));
        if (!behind.empty()) to.unsqueeze(node, 1, behind);
    }
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade broadcast_axis{
    .name = "broadcast_axis",
    .summary = "Add, Mul, Less, ...: attributes axis and broadcast, by Unsqueeze",
    .ops = kOps,
    .first = 1,
    .last = 6,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::broadcast_axis_
