// Gemm: Y = alpha * A' * B' + beta * C. With constant B and a constant C that repeats along the rows it is a
// fully connected layer, alpha and beta folded into the constants; any other form runs in plain loops.
#include "runtime/dense/fully_connected.h"
#include "runtime/dense/separate_post_operations.h"
#include "runtime/loops/plain_gemm.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::gemm_ {
namespace {

GemmForm form_of(const LoweringContext& site) {
    const Node& node = site.node;
    GemmForm form;
    form.trans_a = node.attribute_int("transA", 0) != 0;
    form.trans_b = node.attribute_int("transB", 0) != 0;
    form.alpha = node.attribute_float("alpha", 1.0F);
    form.beta = node.attribute_float("beta", 1.0F);
    form.rows = site.output[0];
    form.columns = site.output[1];
    form.inner = site.operands[0].shape[form.trans_a ? 0 : 1];
    form.has_c = site.operands.size() > 2 && form.beta != 0.0F;
    if (form.has_c) {
        const auto strides = broadcast_strides(site.operands[2].shape, site.output);
        form.c_strides = {strides[0], strides[1]};
    }
    return form;
}

/// C repeats along the rows: it has no dimension of rows, or one of size 1 (stride 0 also with a single row).
bool is_bias(const LoweringContext& site) {
    const OperandInfo& c = site.operands[2];
    return c.constant != nullptr && (c.shape.size() < 2 || c.shape[0] == 1);
}

/// Only where the node becomes a fully connected layer, see candidates().
bool takes_batch_norm(const Node& node, const Graph& graph) {
    if (!is_constant_from(node, 1, graph) || node.attribute_int("transA", 0) != 0) return false;
    if (graph.initializers.at(node.inputs[1]).count() == 0) return false;
    if (node.inputs.size() < 3 || node.inputs[2].empty()) return true;
    const Shape& c = graph.initializers.at(node.inputs[2]).shape();
    return c.size() < 2 || c[0] == 1;
}

std::unique_ptr<LayerWeights> make_weights(const LoweringContext& site, const GemmForm& form) {
    std::vector<float> bias(static_cast<std::size_t>(form.columns), 0.0F);
    if (form.has_c) {
        const auto c = site.operands[2].constant->f32();
        for (std::size_t j = 0; j < bias.size(); ++j) bias[j] = form.beta * c[c.size() == 1 ? 0 : j];
    }
    const auto b = site.operands[1].constant->f32();
    if (form.trans_b && form.alpha == 1.0F && !site.norm) {
        return std::make_unique<LayerWeights>(Shape{form.columns, form.inner}, b, std::move(bias));
    }
    auto w = form.trans_b ? std::vector<float>(b.begin(), b.end()) : transposed(b, form.inner, form.columns);
    for (float& value : w) value *= form.alpha;
    if (site.norm) site.norm->fold_into(w, bias);
    return std::make_unique<LayerWeights>(Shape{form.columns, form.inner}, std::move(w), std::move(bias));
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const GemmForm form = form_of(site);
    const bool layer = site.operands[1].constant != nullptr && !form.trans_a && form.inner > 0 &&
                       (!form.has_c || is_bias(site));
    if (!layer) return {with_post_operations(reference_gemm(form), site)};
    LayerWeights& weights = site.weights.at_first([&] { return make_weights(site, form); });
    return fully_connected(weights, {.batch = form.rows, .after = site.after, .precision = site.precision});
}

}  // namespace

extern const Lowering gemm{.name = "Gemm",
                           .summary = "matrix product with bias",
                           .candidates = candidates,
                           .fuses = Fuses::everything,
                           .takes_batch_norm = takes_batch_norm};

}  // namespace espalier::runtime::lowerings_::gemm_
