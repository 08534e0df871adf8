// Softmax, LogSoftmax and Hardmax before opset 13 were over all dimensions from `axis` (1 by default) on,
// taken as one. Where at most one of them is not 1 that is the operator of today over that one; else it is
//   Reshape to one dimension, the operator, Reshape back.
#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::softmax_over_many_ {
namespace {

constexpr std::string_view kOps[] = {"Softmax", "LogSoftmax", "Hardmax"};

/// `last` as a shape behind the dimensions before `axis`, which stay (0).
std::vector<std::int64_t> behind(std::size_t axis, std::vector<std::int64_t> last) {
    last.insert(last.begin(), axis, 0);
    return last;
}

std::vector<std::int64_t> shape_from(const Node& node, const Dims& dims, std::size_t axis) {
    std::vector<std::int64_t> shape;
    for (std::size_t i = axis; i < dims.size(); ++i) shape.push_back(dims[i].size());  // -1 where unknown
    if (std::ranges::count(shape, -1) > 1 || std::ranges::count(shape, 0) > 0) {
        throw Unsupported(
            fmt::format("{}: {} over {} dimensions of {} at once, as before opset 13, is not supported",
                        describe(node), node.op, shape.size(), to_string(dims)));
    }
    return shape;
}

void rewrite(Rewriter& to, Node node) {
    const Dims dims = to.input_type(node, 0).dims;
    const std::size_t axis = axis_from_front(node, node.attribute_int("axis", 1), dims.size());
    const auto wide = [](const Dim& dim) { return !(dim == Dim(1)); };
    const auto first = dims.begin() + static_cast<std::ptrdiff_t>(axis);
    const auto count = std::count_if(first, dims.end(), wide);
    if (count <= 1) {
        const auto over = std::find_if(first, dims.end(), wide);
        node.attributes["axis"] = count == 0 ? static_cast<std::int64_t>(axis) : over - dims.begin();
        to.emit(std::move(node));
        return;
    }
    const auto shape = shape_from(node, dims, axis);
    const std::string flat = to.fresh(node.outputs.at(0) + ".flat_input");
    const std::string result = to.fresh(node.outputs.at(0) + ".flat");
    to.emit({.name = "",
             .op = "Reshape",
             .inputs = {node.inputs[0], to.add_ints(node, "flat_shape", behind(axis, {-1}))},
             .outputs = {flat},
             .attributes = {}});
    const std::string back = to.add_ints(node, "shape", behind(axis, shape));
    const std::string output = node.outputs[0];
    node.inputs[0] = flat;
    node.outputs[0] = result;
    node.attributes["axis"] = static_cast<std::int64_t>(axis);
    to.emit(std::move(node));
    to.emit({.name = "", .op = "Reshape", .inputs = {result, back}, .outputs = {output}, .attributes = {}});
}

}  // namespace

extern const Upgrade softmax_over_many{
    .name = "softmax_over_many",
    .summary = "Softmax, LogSoftmax, Hardmax: over many dimensions, by Reshape",
    .ops = kOps,
    .first = 1,
    .last = 11,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::softmax_over_many_
