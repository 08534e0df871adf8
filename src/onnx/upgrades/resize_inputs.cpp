// Resize from opset 11 on: empty tensors stand for roi, scales or sizes that are not given; they are left
// out. From opset 18 on scales and sizes may be for some axes only; inside a Graph they are for all, as in
// opset 13.
#include <fmt/format.h>

#include "espalier/error.h"
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::resize_inputs_ {
namespace {

constexpr std::string_view kOps[] = {"Resize"};
constexpr std::size_t kScales = 2;
constexpr std::size_t kSizes = 3;

void check_count(const Node& node, const char* what, std::size_t got, std::size_t axes) {
    if (got != axes)
        throw InvalidModel(fmt::format("{}: {} {} for {} axes", describe(node), got, what, axes));
}

void widen_scales(Rewriter& to, Node& node, const std::vector<std::int64_t>& axes, std::size_t rank) {
    const Tensor* given = to.constant(node, kScales);
    if (given == nullptr || given->dtype() != DType::f32) {
        throw Unsupported(fmt::format(
            "{}: Resize of some axes by scales that a node computes is not supported", describe(node)));
    }
    const auto some = given->f32();
    check_count(node, "scales", some.size(), axes.size());
    Tensor all(DType::f32, {static_cast<std::int64_t>(rank)});
    for (float& scale : all.f32()) scale = 1;
    for (std::size_t i = 0; i < axes.size(); ++i) all.f32()[axis_from_front(node, axes[i], rank)] = some[i];
    node.inputs[kScales] = to.add_constant(node, "scales", std::move(all));
}

void widen_sizes(Rewriter& to, Node& node, const std::vector<std::int64_t>& axes, const Dims& dims) {
    const auto some = to.constant_ints(node, kSizes, "sizes of some axes");
    check_count(node, "sizes", some->size(), axes.size());
    std::vector<std::int64_t> all;
    for (const Dim& dim : dims) all.push_back(dim.size());
    for (std::size_t i = 0; i < axes.size(); ++i)
        all[axis_from_front(node, axes[i], dims.size())] = (*some)[i];
    for (const std::int64_t size : all) {
        if (size >= 0) continue;
        throw Unsupported(fmt::format("{}: Resize of some axes of {} to sizes is not supported",
                                      describe(node), to_string(dims)));
    }
    node.inputs[kSizes] = to.add_ints(node, "sizes", all);
}

void rewrite(Rewriter& to, Node node) {
    for (std::size_t i = 1; i < node.inputs.size(); ++i) {
        const Tensor* constant = to.constant(node, i);
        if (constant != nullptr && constant->count() == 0) node.inputs[i].clear();
    }
    while (node.inputs.size() > 1 && node.inputs.back().empty()) node.inputs.pop_back();
    drop(node, "antialias", 0);
    const std::string policy = node.attribute_string("keep_aspect_ratio_policy", "stretch");
    if (policy != "stretch") {
        throw Unsupported(fmt::format("{}: Resize with keep_aspect_ratio_policy=\"{}\" is not supported",
                                      describe(node), policy));
    }
    node.attributes.erase("keep_aspect_ratio_policy");
    const auto axes = take_ints(node, "axes", {});
    if (!axes.empty()) {
        const Dims dims = to.input_type(node, 0).dims;
        if (node.inputs.size() > 1 && !node.inputs[1].empty())
            throw Unsupported(
                fmt::format("{}: Resize of some axes with a roi is not supported", describe(node)));
        if (node.inputs.size() > kScales && !node.inputs[kScales].empty())
            widen_scales(to, node, axes, dims.size());
        if (node.inputs.size() > kSizes && !node.inputs[kSizes].empty()) widen_sizes(to, node, axes, dims);
    }
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade resize_inputs{
    .name = "resize_inputs",
    .summary = "Resize: inputs that are empty are left out, axes become all axes",
    .ops = kOps,
    .first = 11,
    .last = 19,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::resize_inputs_
