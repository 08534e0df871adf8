// ONNX Runtime's SkipLayerNormalization: the normalised x + skip (+ bias), and that sum as output 3; with
// "Simplified" without a mean. EmbedLayerNormalization: the same of the sum of two or three embeddings.
#include "onnx/expansion/rms_norm.h"
#include "onnx/proto/tensor_proto.h"

namespace espalier::onnx::upgrades_::skip_layer_norm_ {
namespace {

constexpr std::string_view kOps[] = {"SkipLayerNormalization", "SkipSimplifiedLayerNormalization",
                                     "EmbedLayerNormalization", "SimplifiedLayerNormalization"};
constexpr float kEpsilon = 1e-12F;

void finish_norm(Expansion& e, const std::string& sum, std::size_t scale, std::size_t bias) {
    Inputs inputs = {sum, e.input(scale)};
    if (e.has_input(bias)) inputs.push_back(e.input(bias));
    const float epsilon = e.node().attribute_float("epsilon", kEpsilon);
    e.finish("LayerNormalization", inputs, {{"axis", std::int64_t{-1}}, {"epsilon", epsilon}});
}

void rewrite_skip(Expansion& e, bool simple) {
    e.only({"epsilon"});
    if (e.has_output(1) || e.has_output(2)) e.refuse("outputs of mean and deviation");
    std::string sum = e.add("Add", {e.input(0), e.input(1)});
    const std::size_t bias = simple ? 3 : 4;
    if (e.has_input(bias)) sum = e.add("Add", {sum, e.input(bias)});
    if (e.has_output(3)) e.finish("Identity", {sum}, {}, 3);
    if (simple) {
        e.finish("Mul", {rms_normal(e, sum, e.dims(0), e.dtype(0)), e.input(2)});
    } else {
        finish_norm(e, sum, 2, 3);
    }
}

/// Positions 0, 1, ... of the sequence [N, S].
std::string positions(Expansion& e) {
    const auto number = [&](std::int64_t value) {
        return e.constant(Tensor::of<std::int64_t>({}, std::vector<std::int64_t>{value}));
    };
    const std::string length = e.add("Gather", {e.add("Shape", {e.input(0)}), number(1)});
    return e.add("Range", {number(0), length, number(1)});
}

/// How many tokens each sequence has.
void finish_lengths(Expansion& e) {
    std::string mask = e.input(7);
    if (mask.empty()) {
        const std::string zero = e.constant(Tensor(e.dtype(0), {}));
        mask = e.add("Mul", {e.input(0), zero});
    }
    const std::string sum = e.add("ReduceSum", {mask, e.ints({1})}, {{"keepdims", std::int64_t{0}}});
    e.finish("Cast", {sum}, {{"to", static_cast<std::int64_t>(to_data_type(DType::i32))}}, 1);
}

void rewrite_embedding(Expansion& e) {
    e.only({"epsilon", "mask_index_type"});
    const std::string words = e.add("Gather", {e.input(2), e.input(0)});
    const std::string places = e.add("Gather", {e.input(3), e.has_input(8) ? e.input(8) : positions(e)});
    std::string sum = e.add("Add", {words, places});
    if (e.has_input(1) && e.has_input(4))
        sum = e.add("Add", {sum, e.add("Gather", {e.input(4), e.input(1)})});
    if (e.has_output(1)) finish_lengths(e);
    if (e.has_output(2)) e.finish("Identity", {sum}, {}, 2);
    finish_norm(e, sum, 5, 6);
}

void rewrite(Rewriter& to, Node node) {
    Expansion e(to, node);
    if (node.op == "SimplifiedLayerNormalization") {
        e.only({"axis", "epsilon", "stash_type"});
        e.no_outputs_from(1);
        e.finish("Mul", {rms_normal(e, e.input(0), e.dims(0), e.dtype(0)), e.input(1)});
    } else if (node.op == "EmbedLayerNormalization") {
        rewrite_embedding(e);
    } else {
        rewrite_skip(e, node.op == "SkipSimplifiedLayerNormalization");
    }
}

}  // namespace

extern const Upgrade skip_layer_norm{
    .name = "skip_layer_norm",
    .summary = "SkipLayerNormalization, EmbedLayerNormalization: sums and LayerNormalization",
    .ops = kOps,
    .domain = kMicrosoft,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::skip_layer_norm_
