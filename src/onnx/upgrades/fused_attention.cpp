// ONNX Runtime's Attention (one product for queries, keys and values of x) and MultiHeadAttention (of given
// ones), spelled with products and a Softmax.
#include <algorithm>
#include <cmath>

#include "onnx/expansion/attention.h"
#include "onnx/proto/tensor_proto.h"

namespace espalier::onnx::upgrades_::fused_attention_ {
namespace {

constexpr std::string_view kOps[] = {"Attention", "MultiHeadAttention"};

float hidden_by(const Expansion& e) { return e.node().attribute_float("mask_filter_value", -10000); }

/// i32 [N, T] of ones where a key is seen, or [N], how many are seen of each example, as [N, 1, 1, T].
std::string bias_of_mask(Expansion& e, std::size_t index, const std::string& k) {
    const std::size_t rank = e.dims(index).size();
    if (rank == 2) {
        const std::string seen = e.add("Cast", {e.input(index)},
                                       {{"to", static_cast<std::int64_t>(to_data_type(DType::boolean))}});
        return bias_where(e, e.add("Unsqueeze", {seen, e.ints({1, 2})}), e.dtype(0), hidden_by(e));
    }
    if (rank != 1) e.refuse("a mask of " + to_string(e.dims(index)));
    const Dim examples = e.dims(0)[0];
    if (examples.is_fixed() && e.dims(index)[0].is_fixed() && examples.size() != e.dims(index)[0].size())
        e.refuse("a mask of begins and ends");
    const auto number = [&](std::int64_t value) {
        return e.constant(Tensor::of<std::int64_t>({}, std::vector<std::int64_t>{value}));
    };
    const std::string length = e.add("Gather", {e.add("Shape", {k}), number(2)});
    const std::string keys = e.add("Range", {number(0), length, number(1)});
    const std::string lengths =
        e.add("Cast", {e.input(index)}, {{"to", static_cast<std::int64_t>(to_data_type(DType::i64))}});
    const std::string seen = e.add("Less", {keys, e.add("Unsqueeze", {lengths, e.ints({1, 2, 3})})});
    return bias_where(e, seen, e.dtype(0), hidden_by(e));
}

void finish_attention(Expansion& e, AttentionParts& parts, const std::string& past) {
    if (e.node().attribute_int("unidirectional", 0) != 0)
        parts.bias.push_back(causal_bias(e, parts.q, parts.k, past, parts.dtype, hidden_by(e)));
    const std::string value = attend(e, parts);
    const std::string rows = e.add("Transpose", {value}, {{"perm", std::vector<std::int64_t>{0, 2, 1, 3}}});
    e.finish("Reshape", {rows, e.ints({0, 0, -1})});
}

float scale_of(const Expansion& e, const Dim& width, std::int64_t heads) {
    const float given = e.node().attribute_float("scale", 0);
    if (given != 0) return given;
    if (!width.is_fixed() || width.size() % heads != 0) e.refuse("heads of unknown width");
    return 1 / std::sqrt(static_cast<float>(width.size() / heads));
}

/// Inputs: x, weight [H, 3 W], bias [3 W], mask, past, bias of the scores.
void rewrite_attention(Expansion& e, std::int64_t heads) {
    e.only({"num_heads", "unidirectional", "scale", "mask_filter_value", "qkv_hidden_sizes"});
    if (e.has_input(4)) e.refuse("past keys and values");
    e.no_outputs_from(1);
    const Dim all = e.last(1);
    if (!all.is_fixed() || all.size() % 3 != 0) e.refuse("weights of unknown width");
    std::vector<std::int64_t> sizes(3, all.size() / 3);
    sizes = e.node().attribute_ints("qkv_hidden_sizes", sizes);
    if (sizes.size() != 3 || sizes[0] != sizes[1] || std::ranges::min(sizes) < 1 ||
        std::ranges::max(sizes) > all.size())
        e.refuse("qkv_hidden_sizes of another form");
    std::string product = e.add("MatMul", {e.input(0), e.input(1)});
    if (e.has_input(2)) product = e.add("Add", {product, e.input(2)});
    AttentionParts parts{.q = {}, .k = {}, .v = {}, .dtype = e.dtype(0), .bias = {}};
    std::int64_t from = 0;
    for (std::string* part : {&parts.q, &parts.k, &parts.v}) {
        const std::int64_t size = sizes[part == &parts.q ? 0 : part == &parts.k ? 1 : 2];
        const std::string rows =
            e.add("Slice", {product, e.ints({from}), e.ints({from + size}), e.ints({2})});
        *part = split_heads(e, rows, heads);
        from += size;
    }
    parts.scale = scale_of(e, Dim(sizes[0]), heads);
    if (e.has_input(3)) parts.bias.push_back(bias_of_mask(e, 3, parts.k));
    if (e.has_input(5)) parts.bias.push_back(e.input(5));
    finish_attention(e, parts, "");
}

/// Part `index` of the bias [3 W] added.
std::string with_bias(Expansion& e, std::size_t index, const std::vector<std::int64_t>& sizes) {
    if (!e.has_input(3)) return e.input(index);
    std::int64_t from = 0;
    for (std::size_t i = 0; i < index; ++i) from += sizes[i];
    const std::string part =
        e.add("Slice", {e.input(3), e.ints({from}), e.ints({from + sizes[index]}), e.ints({0})});
    return e.add("Add", {e.input(index), part});
}

/// Inputs: q, k, v, bias [3 W], mask of keys, bias of the scores, past keys, past values.
void rewrite_heads(Expansion& e, std::int64_t heads) {
    e.only({"num_heads", "unidirectional", "scale", "mask_filter_value"});
    if (!e.has_input(1) || !e.has_input(2) || e.dims(0).size() != 3) e.refuse("packed queries, keys, values");
    if (e.input(8) != "" || e.input(9) != "") e.refuse("buffers of past keys");
    std::vector<std::int64_t> sizes;
    for (std::size_t i = 0; i < 3; ++i) sizes.push_back(e.last(i).size());
    if (e.has_input(3) && std::ranges::count(sizes, -1) > 0) e.refuse("a bias and operands of unknown width");
    AttentionParts parts{.q = split_heads(e, with_bias(e, 0, sizes), heads), .k = {}, .v = {}, .bias = {}};
    parts.dtype = e.dtype(0);
    const auto given = [&](std::size_t index) {
        return e.dims(index).size() == 4 ? e.input(index) : split_heads(e, with_bias(e, index, sizes), heads);
    };
    parts.k = given(1);
    parts.v = given(2);
    const auto axis2 = Attributes{{"axis", std::int64_t{2}}};
    if (e.has_input(6)) parts.k = e.add("Concat", {e.input(6), parts.k}, axis2);
    if (e.has_input(7)) parts.v = e.add("Concat", {e.input(7), parts.v}, axis2);
    if (e.has_output(1)) e.finish("Identity", {parts.k}, {}, 1);
    if (e.has_output(2)) e.finish("Identity", {parts.v}, {}, 2);
    e.no_outputs_from(3);
    parts.scale = scale_of(e, e.last(0), heads);
    if (e.has_input(4)) parts.bias.push_back(bias_of_mask(e, 4, parts.k));
    if (e.has_input(5)) parts.bias.push_back(e.input(5));
    finish_attention(e, parts, e.input(6));
}

void rewrite(Rewriter& to, Node node) {
    Expansion e(to, node);
    const std::int64_t heads = node.attribute_int("num_heads", 0);
    if (heads < 1) e.refuse("no number of heads");
    node.op == "Attention" ? rewrite_attention(e, heads) : rewrite_heads(e, heads);
}

}  // namespace

extern const Upgrade fused_attention{
    .name = "fused_attention",
    .summary = "Attention, MultiHeadAttention of ONNX Runtime: products, Softmax",
    .ops = kOps,
    .domain = kMicrosoft,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::fused_attention_
