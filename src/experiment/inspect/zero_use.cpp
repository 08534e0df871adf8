#include "experiment/inspect/zero_use.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "prune/units/granularity.h"

namespace espalier::experiment {
namespace {

/// Neighbouring outputs that keep the same inputs; 1 where each has its own.
std::int64_t outputs_together(const std::string& granularity) {
    const prune::Grain grain = prune::parse_grain(granularity);
    return grain.granularity.is_sized ? grain.arguments.a : 1;
}

/// As the runtime takes it: many groups of one channel and few outputs.
bool is_depthwise(const surgery::LayerInfo& layer) {
    return layer.groups >= 8 && layer.weight[1] == 1 && layer.weight[0] <= 4 * layer.groups;
}

std::string kernel_of_products(std::int64_t together) {
    // One or two rows at a time are read along their nonzeros, more of them in panels.
    if (together % 16 == 0) return "spmm_f32_panel 4x1, spmv_f32_csr 16x1";
    return together % 4 == 0 ? "spmm_f32_panel 4x1, spmv_f32_csr 4x1" : "spmm_f32_panel, spmv_f32_csr";
}

}  // namespace

std::string kernels_for(const surgery::LayerInfo& layer) {
    const std::string& granularity = layer.structure.granularity;
    if (layer.weight.empty() || granularity == "dense") return "";
    const bool is_convolution = layer.op == "Conv";
    if (!is_convolution && layer.op != "Gemm" && layer.op != "MatMul") return "none";
    const std::int64_t together = outputs_together(granularity);
    std::string kernel = kernel_of_products(together);
    if (is_convolution && is_depthwise(layer))
        return granularity == "element" ? "depthwise_f32" : "depthwise_f32, as single zeros";
    if (is_convolution) kernel = together % 4 == 0 ? "conv_f32_panel 4x1" : "conv_f32_panel";
    if (together % 16 == 0)
        kernel += fmt::format(", in bf16 conv_bf16_groups {}x1", together % 32 == 0 ? 32 : 16);
    if (together % 4 != 0) kernel += ", in f16 conv_f16_panel";
    const bool in_groups = granularity != "element" && together % 4 != 0;
    return kernel + (in_groups ? ", as single zeros" : "");
}

std::vector<std::string> zero_uses(const std::vector<surgery::LayerInfo>& layers) {
    std::vector<std::pair<std::pair<std::string, std::string>, int>> found;  // in the order of the network
    for (const surgery::LayerInfo& layer : layers) {
        const std::string kernels = kernels_for(layer);
        if (kernels.empty()) continue;
        const std::pair key(layer.structure.granularity, kernels);
        const auto known = std::ranges::find(found, key, &decltype(found)::value_type::first);
        if (known == found.end()) {
            found.emplace_back(key, 1);
        } else {
            ++known->second;
        }
    }
    std::vector<std::string> lines;
    for (const auto& [key, count] : found) {
        const auto& [granularity, kernels] = key;
        lines.push_back(fmt::format("zeros of {} layer{} {}{}: {}", count, count == 1 ? "" : "s",
                                    granularity == "element" ? "lie singly" : "lie as",
                                    granularity == "element" ? "" : " " + granularity,
                                    kernels == "none" ? "no kernel skips them" : kernels + " can skip them"));
    }
    return lines;
}

}  // namespace espalier::experiment
