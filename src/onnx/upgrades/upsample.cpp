// Upsample (opsets 1, 7 and 9) and Resize of opset 10 are a Resize that maps coordinates without the half
// pixel: x_in = x_out / scale, "nearest" being the one below (above when it shrinks).
#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::upsample_ {
namespace {

constexpr std::string_view kOps[] = {"Upsample", "Resize"};

std::string nearest_mode(const Node& node, const Tensor* scales) {
    if (node.op == "Upsample") return "floor";
    if (scales == nullptr || scales->dtype() != DType::f32) {
        throw Unsupported(
            fmt::format("{}: Resize of opset 10 to the nearest element by scales that a node computes is "
                        "not supported",
                        describe(node)));
    }
    const auto below = std::ranges::count_if(scales->f32(), [](float scale) { return scale < 1; });
    const auto above = std::ranges::count_if(scales->f32(), [](float scale) { return scale > 1; });
    if (below > 0 && above > 0) {
        throw Unsupported(
            fmt::format("{}: Resize of opset 10 that grows and shrinks is not supported", describe(node)));
    }
    return below > 0 ? "ceil" : "floor";
}

void rewrite(Rewriter& to, Node node) {
    std::string scales = node.inputs.size() > 1 ? node.inputs[1] : "";
    const std::string mode = node.attribute_string("mode", "nearest");
    if (mode == "nearest") node.attributes["nearest_mode"] = nearest_mode(node, to.constant(node, 1));
    if (node.attributes.contains("height_scale")) {  // opset 1, which has images alone
        node.attributes["scales"] = std::vector<float>{1, 1, node.attribute_float("height_scale", 1),
                                                       node.attribute_float("width_scale", 1)};
        node.attributes.erase("height_scale");
        node.attributes.erase("width_scale");
        if (mode == "bilinear") node.attributes["mode"] = std::string("linear");
    }
    if (const auto given = node.attributes.find("scales"); given != node.attributes.end()) {
        const auto values = std::get<std::vector<float>>(given->second);
        node.attributes.erase(given);
        scales = to.add_constant(node, "scales",
                                 Tensor::of<float>({static_cast<std::int64_t>(values.size())}, values));
    }
    if (scales.empty()) throw InvalidModel(fmt::format("{}: {} needs scales", describe(node), node.op));
    node.op = "Resize";
    node.inputs.resize(1);
    set_input(node, 2, scales);
    node.attributes["coordinate_transformation_mode"] = std::string("asymmetric");
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade upsample{
    .name = "upsample",
    .summary = "Upsample, and Resize of opset 10: Resize with asymmetric coordinates",
    .ops = kOps,
    .first = 1,
    .last = 10,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::upsample_
