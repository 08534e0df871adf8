// Split from opset 18 on: num_outputs parts, the last one smaller where they do not come out even. Inside a
// Graph, as in opset 13, parts without sizes are equal; uneven ones are given their sizes.
#include <fmt/format.h>

#include "espalier/error.h"
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::split_parts_ {
namespace {

constexpr std::string_view kOps[] = {"Split"};

void rewrite(Rewriter& to, Node node) {
    const auto outputs = static_cast<std::int64_t>(node.outputs.size());
    const bool has_sizes = node.inputs.size() > 1 && !node.inputs[1].empty();
    if (has_sizes == node.attributes.contains("num_outputs")) {
        throw InvalidModel(fmt::format("{}: Split needs either sizes or num_outputs", describe(node)));
    }
    const std::int64_t parts = node.attribute_int("num_outputs", outputs);
    node.attributes.erase("num_outputs");
    if (parts != outputs) {
        throw InvalidModel(
            fmt::format("{}: num_outputs={}, but it has {} outputs", describe(node), parts, outputs));
    }
    const Dims& dims = to.input_type(node, 0).dims;
    const Dim& dim = dims[axis_from_front(node, node.attribute_int("axis", 0), dims.size())];
    if (!has_sizes && parts > 0 && dim.is_fixed() && dim.size() % parts != 0) {
        const std::int64_t each = dim.size() / parts + 1;
        if (each * (parts - 1) > dim.size()) {
            throw InvalidModel(fmt::format("{}: {} elements do not make {} parts of {}", describe(node),
                                           dim.size(), parts, each));
        }
        std::vector<std::int64_t> sizes(static_cast<std::size_t>(parts), each);
        sizes.back() = dim.size() - each * (parts - 1);
        set_input(node, 1, to.add_ints(node, "split", sizes));
    }
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade split_parts{.name = "split_parts",
                                 .summary = "Split: attribute num_outputs becomes sizes, or equal parts",
                                 .ops = kOps,
                                 .first = 18,
                                 .last = 18,
                                 .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::split_parts_
