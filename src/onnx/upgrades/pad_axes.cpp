// Pad from opset 18 on: pads may be for some axes only. Inside a Graph they are for all, as in opset 13.
#include <fmt/format.h>

#include "espalier/error.h"
#include "onnx/schema.h"
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::pad_axes_ {
namespace {

constexpr std::string_view kOps[] = {"Pad"};

void rewrite(Rewriter& to, Node node) {
    const auto axes = to.constant_ints(node, 3, "axes");
    if (node.inputs.size() > 3) node.inputs.resize(3);
    if (axes) {
        const auto some = to.constant_ints(node, 1, "pads of some axes");
        if (!some || some->size() != 2 * axes->size()) {
            throw InvalidModel(fmt::format("{}: {} pads for {} axes, expected two each", describe(node),
                                           some ? some->size() : 0, axes->size()));
        }
        const std::size_t rank = to.input_type(node, 0).dims.size();
        std::vector<std::int64_t> pads(2 * rank, 0);
        for (std::size_t i = 0; i < axes->size(); ++i) {
            const std::size_t axis = axis_from_front(node, (*axes)[i], rank);
            pads[axis] = (*some)[i];
            pads[axis + rank] = (*some)[i + axes->size()];
        }
        node.inputs[1] = to.add_ints(node, "pads", pads);
    }
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade pad_axes{.name = "pad_axes",
                              .summary = "Pad: input axes becomes pads of all axes",
                              .ops = kOps,
                              .first = 18,
                              .last = kNewestOpset,
                              .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::pad_axes_
