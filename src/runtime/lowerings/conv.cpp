// Conv: a convolution of images in groups, with a BatchNormalization behind it folded into its weights.
#include <algorithm>

#include "espalier/error.h"
#include "runtime/dense/convolution.h"
#include "runtime/lowering.h"
#include "runtime/sparse/conv_groups.h"
#include "runtime/sparse/conv_panel.h"
#include "runtime/sparse/conv_steps.h"
#include "runtime/sparse/depthwise.h"
#include "runtime/sparse/f16_panel.h"

namespace espalier::runtime::lowerings_::conv_ {
namespace {

/// oneDNN's code of AVX-512 for a window that reaches over 2^22 places takes 500 MB, and ends the program
/// where these cannot be had. Of images such a window reads one place and padding: the plain computation will
/// do.
bool takes(const Node& node, const std::map<std::string, ValueType>&, const Graph&) {
    constexpr std::int64_t kMostDilation = 1 << 16;
    return std::ranges::all_of(node.attribute_ints("dilations", {}),
                               [](std::int64_t dilation) { return dilation <= kMostDilation; });
}

bool takes_batch_norm(const Node& node, const Graph& graph) { return is_constant_from(node, 1, graph); }

Convolution form_of(const LoweringContext& site) {
    const Shape& x = site.operands[0].shape;
    Shape w = site.operands[1].shape;
    const Window window =
        Window::of(site.node, w.size() - 2, std::vector<std::int64_t>(w.begin() + 2, w.end()));
    const std::int64_t group = site.node.attribute_int("group", 1);
    if (group > 1) {
        w[0] /= group;
        w.insert(w.begin(), group);
    }
    return {.input = x,
            .output = site.output,
            .weight = std::move(w),
            .window = window.on(std::span(x).subspan(2)),
            .bias = site.operands.size() > 2,
            .after = site.after,
            .precision = site.precision};
}

std::unique_ptr<LayerWeights> make_weights(const LoweringContext& site, const Convolution& form) {
    std::vector<float> bias(static_cast<std::size_t>(site.output[1]), 0.0F);
    if (form.bias) {
        const auto b = site.operands[2].constant->f32();
        bias.assign(b.begin(), b.end());
    }
    const auto w = site.operands[1].constant->f32();
    if (!site.norm) return std::make_unique<LayerWeights>(form.weight, w, std::move(bias));
    site.norm->fold_into({}, bias);
    return std::make_unique<LayerWeights>(form.weight, w, site.norm->scale, std::move(bias));
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const Convolution form = form_of(site);
    if (element_count(form.weight) == 0)
        throw Unsupported(describe(site.node) + ": a convolution of no channels");
    const bool constant = site.operands[1].constant != nullptr && (!form.bias || site.operands[2].constant);
    if (!constant) return convolution(form, nullptr);
    LayerWeights& weights = site.weights.at_first([&] { return make_weights(site, form); });
    std::vector<Candidate> all = convolution(form, &weights);
    if (!has_modest_padding(shape_of(form))) return all;
    for (Candidate& alone : depthwise_convolution(form, weights)) all.push_back(std::move(alone));
    if (is_of_many_groups(form)) return all;
    for (Candidate& sparse : sparse_convolution(form, weights)) all.push_back(std::move(sparse));
    for (Candidate& grouped : grouped_convolution(form, weights)) all.push_back(std::move(grouped));
    for (Candidate& halves : f16_convolution(form, weights)) all.push_back(std::move(halves));
    return all;
}

}  // namespace

extern const Lowering conv{.name = "Conv",
                           .summary = "convolution of images",
                           .candidates = candidates,
                           .takes = takes,
                           .fuses = Fuses::everything,
                           .takes_batch_norm = takes_batch_norm};

}  // namespace espalier::runtime::lowerings_::conv_
